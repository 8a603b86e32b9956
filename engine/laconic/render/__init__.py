"""Selection to text: the last of the four stages."""
