#!/bin/sh
# The main job on real input: the reference, the untouched stubs, and a half-right submission.
grader=${1:-grader}
show() {
    echo
    echo "\$ grader $*"
    "$grader" "$@"
    echo "(exit code $?)"
}
show check a1 --submission solutions/a1
show check a1 --submission assignments/a1
show check a1 --submission tests/submissions/a1/half
exit 0
