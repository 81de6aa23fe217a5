"""What holds for every public class and function, whatever it is called."""
