/* Says to callgrind what is to be counted: its client requests, which are macros of C, as functions. */

#include <valgrind/callgrind.h>
#include <valgrind/valgrind.h>

int counts(void) { return RUNNING_ON_VALGRIND; }

void begin(void) { CALLGRIND_START_INSTRUMENTATION; }

void end(const char *name) {
    CALLGRIND_DUMP_STATS_AT(name);
    CALLGRIND_STOP_INSTRUMENTATION;
}
