"""The models and data that the speed of training is measured on."""
