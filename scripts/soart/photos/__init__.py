"""Photos: from a picture's file to its matrices, brought to where the part lies."""
