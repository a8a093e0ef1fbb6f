"""The scores of atopic dermatitis. Pure and exact: Decimal and integers, no clock, no database.

Each module answers for one instrument: what may be entered, what it adds up to, which band that is, and its VERSION, which
is stored with every score. Sources stand beside the constants; a changed rule gets a new VERSION and leaves stored scores
alone.
"""
