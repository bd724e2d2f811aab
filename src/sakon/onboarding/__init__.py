"""`kedro problem new | list | check`: create problems from a user's own data, list them, check them.

Each module documents the rules by which it infers something:

- `readers`, `delimited`, `encodings`: the format of a file;
- `column_roles`, `dates`: identifiers, groups, dates, codes, free text;
- `regular_series`: time series and panels;
- `image_folders`: size and mode of images;
- `targets`, `splits`: task, metric, positive class and split;
- `inference`: the kind, and the proposal as a whole.

What a kind recognises and which options it proposes is defined by the kind (`sakon.kinds`).
"""
