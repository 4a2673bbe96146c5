#include "cli_help.h"

const char cli_help_all[] =
    "usage: portres COMMAND [OPTION...] [ARGUMENT...]\n"
    "\n"
    "  run     run a program: it and all that it starts share blocks of ports\n"
    "  hold    hold a block until the standard input ends\n"
    "  list    list the reservations\n"
    "  who     tell who has a port\n"
    "  create  reserve ports persistently\n"
    "  delete  end a persistent reservation\n"
    "  lookup  print the token of a persistent reservation\n"
    "  check   tell what this system can enforce, and why not more\n"
    "\n"
    "'portres COMMAND --help' explains a command, portres(1) all of them.\n"
    "\n"
    "  --help     print this\n"
    "  --version  print the version\n"
    "\n"
    "Exit codes: 0 done; 1 failed, or there is none; 2 wrong usage; 75 ports\n"
    "are busy. 'portres run' ends as its program did, or with 125 to 127.\n";

const char cli_help_run[] =
    "usage: portres run [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
    "\n"
    "Reserve blocks of ports, and run a program that takes its ports from "
    "them,\n"
    "together with every process that it starts: a bind to port 0 gets the\n"
    "lowest free port of the block, a bind to a port of the block that port, "
    "and\n"
    "when the block is used up, bind fails with ENOBUFS. The program finds "
    "the\n"
    "blocks in PORTRES_TCP_START, PORTRES_TCP_COUNT, PORTRES_UDP_START and\n"
    "PORTRES_UDP_COUNT. They end with the last process.\n"
    "\n"
    "  --tcp COUNT[@START]  a block of TCP ports, anywhere or from START on\n"
    "  --udp COUNT[@START]  a block of UDP ports\n"
    "  --label TEXT         what 'portres list' says of it\n"
    "  --outgoing           connect and sendto without bind take ports, too\n"
    "  --scope SCOPE        whom to keep out: machine (every program), shared\n"
    "                       (programs of this user with this library), "
    "process\n"
    "                       (nobody); default: PORTRES_SCOPE, or machine "
    "where\n"
    "                       the limit on descriptors allows, else shared\n"
    "  --wait SECONDS       when ports are busy, wait for them so long; "
    "'forever'\n"
    "  --static             the program may start static programs, or ones in\n"
    "                       Go; known by itself when PROGRAM is one\n"
    "  --help               print this\n"
    "\n"
    "Exit codes: that of the program, or the signal that ended it; 125 no "
    "block,\n"
    "or wrong usage; 126 the program cannot be executed; 127 there is none.\n";

const char cli_help_hold[] =
    "usage: portres hold [OPTION...] tcp|udp COUNT[@START]\n"
    "\n"
    "Reserve a block, print it as 'tcp START COUNT', and hold it until the\n"
    "standard input ends, or SIGTERM, SIGINT or SIGHUP comes.\n"
    "\n"
    "  --label TEXT    what 'portres list' says of it\n"
    "  --wait SECONDS  when ports are busy, wait for them so long; 'forever'\n"
    "  --json          print an object\n"
    "  --help          print this\n"
    "\n"
    "Exit codes: 0 it was held; 1 failed; 2 wrong usage; 75 ports are busy.\n";

const char cli_help_list[] =
    "usage: portres list [--json]\n"
    "\n"
    "List the reservations: how many of the ports are in use by any process,\n"
    "which they are, of what kind, and whose.\n"
    "\n"
    "  --json  print an object\n"
    "  --help  print this\n"
    "\n"
    "Exit codes: 0 done; 1 failed, the list may not be complete; 2 wrong "
    "usage.\n";

const char cli_help_who[] =
    "usage: portres who [--json] [tcp|udp] PORT\n"
    "\n"
    "Tell who has the port: reservations, sockets and their processes, closed\n"
    "connections in TIME_WAIT; and what could not be seen without rights.\n"
    "\n"
    "  --json  print an object\n"
    "  --help  print this\n"
    "\n"
    "Exit codes: 0 somebody has it; 1 nobody has; 2 wrong usage.\n";

#define PERSISTENT_OPTIONS      \
  "  --json  print an object\n" \
  "  --help  print this\n"      \
  "\n"

const char cli_help_create[] =
    "usage: portres create [--json] tcp|udp START COUNT\n"
    "\n"
    "Reserve ports so that it outlives every process, and print the token.\n"
    "\n" PERSISTENT_OPTIONS
    "Exit codes: 0 done; 1 failed; 2 wrong usage; 75 ports are busy.\n";

const char cli_help_delete[] =
    "usage: portres delete [--json] tcp|udp START COUNT\n"
    "\n"
    "End the persistent reservation of exactly these ports.\n"
    "\n" PERSISTENT_OPTIONS
    "Exit codes: 0 done; 1 failed, or there is none; 2 wrong usage.\n";

const char cli_help_lookup[] =
    "usage: portres lookup [--json] tcp|udp START COUNT\n"
    "\n"
    "Print the token of the persistent reservation of exactly these ports.\n"
    "\n" PERSISTENT_OPTIONS
    "Exit codes: 0 done; 1 failed, or there is none; 2 wrong usage.\n";

const char cli_help_check[] =
    "usage: portres check [--json]\n"
    "\n"
    "Tell what this system can enforce here, for this user, and why not more.\n"
    "\n"
    "  --json  print an object\n"
    "  --help  print this\n"
    "\n"
    "Exit codes: 0 ports can be reserved; 1 they cannot; 2 wrong usage.\n";
