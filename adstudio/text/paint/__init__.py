"""What is painted: letters, grounds, badges, marks and the label."""
