# Two children, one of which has children of its own.
sleep 1000 &
(sleep 1000 & sleep 1000) &
echo "three sleepers in the background"
wait
