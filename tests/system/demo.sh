#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job as `make run` shows it: a nested guest that runs a guest.
. "$(dirname "$0")/lib.sh"

RUN_DIR=$WORK/run exec "$NIDUS_TOP/scripts/run"
