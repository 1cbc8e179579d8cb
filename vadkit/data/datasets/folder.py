"""A plain folder of videos, and the base of every data set that is rendered into one.

    ROOT/
      train/NAME.mp4         a video file (.mp4 .mov .avi .mkv .webm .ts .wmv .flv .gif ...), or
      train/NAME/            a folder of frames: 000.jpg, 001.jpg, ... (.png .bmp .tif too), no gap
      test/...               likewise
      labels/NAME.npy        frame labels, integers or booleans 0/1 of shape (N,), (1, N) or (N, 1)
      labels/NAME.csv        ... one column, or two with the header `frame,label`
      labels/NAME/           ... or one mask image a frame (anomalous where a pixel is not 0)
      labels.csv             ... or, for all clips, `clip,start_s,end_s`: start <= t < end is
                             anomalous; a row `NAME,,` says that nothing in the clip is
      masks/NAME/            optional pixel masks: one 8-bit image a frame, not 0 = anomalous, or
      masks/NAME.mkv         a lossless grey video (FFV1, pixel format gray), above 127 = anomalous
      tracks/NAME.csv        optional boxes: header `track,kind,frame,x1,y1,x2,y2`, one row a track
                             and frame; track an integer, frame from 0, boxes in pixels

NAME is the file's name without its ending (the whole name of a folder) and occurs once in both
splits together. Labels, masks and tracks are looked up by NAME for videos of either split;
a training video without labels is normal throughout, a test video without labels is unknown.
"""
