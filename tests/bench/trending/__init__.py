"""Methods that find trending hashtags, side by side on generated timelines; needs no stack."""
