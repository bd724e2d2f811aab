"""Problems set up from a user's own data: look at them, propose a configuration, check it, list what there is.

kedro problem new | list | check

What is inferred, and by which rule, is written where it is inferred:

- `encodings`, `delimited`, `sources`: how a file is read;
- `columns`: identifiers, groups, dates, codes, free text;
- `moments`: time series, their panel, frequency and season;
- `targets`: task, metric, positive class;
- `images`: folders and arrays of images;
- `inference`: the kind, and all of it together.
"""
