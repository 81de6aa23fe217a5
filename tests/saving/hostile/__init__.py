"""Files as a stranger or a failing disk may make them: none does harm, or is taken for good."""
