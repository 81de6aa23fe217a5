"""Code for convolutions with windows of 3 x 3 by Winograd's algorithm F(2 x 2, 3 x 3).

Four neighbouring results take 16 multiplications for each pair of channels instead of 36: a *tile*
of 4 x 4 pixels and the window are transformed, multiplied place by place, and the products
transformed back (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016). At
each of the 16 places the products are those of matrices: tiles by channels. The gradient for the
kernel is the same algorithm read backwards: what was summed over channels is summed over tiles.

Transformed tiles lie as ``(group, place, tile, lane)``: channels in groups as wide as a vector.
"""
