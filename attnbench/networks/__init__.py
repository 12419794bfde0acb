"""Networks around a head: the residual backbone of the field, dilated for dense prediction."""
