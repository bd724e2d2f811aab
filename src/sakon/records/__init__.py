"""What all kinds of records share: their target, their profile, their split."""
