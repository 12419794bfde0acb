"""Networks around a head: the residual backbone of the field, dilated or with blocks within."""
