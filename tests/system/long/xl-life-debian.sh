#!/bin/bash
# SPDX-License-Identifier: MIT
# The life of domains under Debian's xl, xenstored and xenconsoled.
export TOOLS=debian
. "$(dirname "$0")/xl-life.sh"
