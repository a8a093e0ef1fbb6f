"""The demonstration: two clinics full of made-up people, the same every time for the same day."""
