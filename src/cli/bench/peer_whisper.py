# The peer of `understudy bench ears`: pywhispercpp with the same model, threads and recordings.
# Reads a path a line, answers with a line of JSON: seconds and text.
import json
import sys
import time

from pywhispercpp.model import Model

model_path, threads = sys.argv[1], int(sys.argv[2])
said = sys.stdout
sys.stdout = sys.stderr
model = Model(model_path, n_threads=threads, print_progress=False, print_realtime=False)
print("ready", file=said, flush=True)
for line in sys.stdin:
    began = time.monotonic()
    segments = model.transcribe(line.strip())
    took = time.monotonic() - began
    print(json.dumps({"s": took, "text": " ".join(one.text for one in segments)}), file=said, flush=True)
