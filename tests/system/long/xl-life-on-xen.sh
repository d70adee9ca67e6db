#!/bin/bash
# SPDX-License-Identifier: MIT
# The life of domains under our tools on Debian's Xen, with its PV Dom0.
export HV=xen
. "$(dirname "$0")/../xl-life.sh"
