"""The fast form of recurrent cells: the same mathematics in place, in buffers that are written over."""
