/* portres.h - reserve a block of ports, and let sockets take theirs from it.
 *
 * Emulates: Windows' TCP/IP port reservations: SIO_ACQUIRE_PORT_RESERVATION,
 *           SIO_ASSOCIATE_PORT_RESERVATION, SIO_RELEASE_PORT_RESERVATION and
 *           the six {Create,Delete,Lookup}Persistent{Tcp,Udp}PortReservation
 *           functions. On Windows it calls them.
 * Threads:  every function may be called from any thread. None is safe in a
 *           signal handler, and none is interrupted by one: signals wait for
 *           its end; but a wait for another process, and for a busy block, ends
 *           for them (EINTR). The libc calls this library intercepts stay as
 *           safe in a handler as POSIX says (bind, close and dup among them).
 * Errors:   0, or a negative status below; errno is left alone either way.
 *           When several apply, the first of this order is returned: EFAULT,
 *           ENOTSOCK, EOPNOTSUPP, EINVAL, EACCES, ECORRUPT, EADDRINUSE or
 *           ENOTFOUND, EDISKFULL, ENOBUFS, EINTR.
 *           Nothing is written through a pointer when a call fails.
 * Ports:    host byte order everywhere.
 * Fork:     a reservation stays with the process that acquired it; in a forked
 *           child every token of the parent is unknown. Persistent ones are the
 *           machine's: their tokens are good in every process.
 */
#ifndef PORTRES_PORTRES_H
#define PORTRES_PORTRES_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(PORTRES_SHARED)
#define PORTRES_API __declspec(dllimport)
#elif defined(__GNUC__) && !defined(_WIN32)
#define PORTRES_API __attribute__((visibility("default")))
#else
#define PORTRES_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define PORTRES_VERSION "0.1.0"

/* A status is 0 or the negative of the Winsock (or Win32) error number, on
 * every platform, so that one table serves every face of the library. */
enum portres_status {
  PORTRES_OK = 0,
  PORTRES_EDISKFULL = -112,     /* ERROR_DISK_FULL */
  PORTRES_EABORTED = -995,      /* WSA_OPERATION_ABORTED */
  PORTRES_EINCOMPLETE = -996,   /* WSA_IO_INCOMPLETE */
  PORTRES_EPENDING = -997,      /* WSA_IO_PENDING */
  PORTRES_ENOTFOUND = -1168,    /* ERROR_NOT_FOUND */
  PORTRES_ECORRUPT = -1392,     /* ERROR_FILE_CORRUPT */
  PORTRES_EINTR = -10004,       /* WSAEINTR */
  PORTRES_EACCES = -10013,      /* WSAEACCES, ERROR_ACCESS_DENIED */
  PORTRES_EFAULT = -10014,      /* WSAEFAULT */
  PORTRES_EINVAL = -10022,      /* WSAEINVAL, ERROR_INVALID_PARAMETER */
  PORTRES_EINPROGRESS = -10036, /* WSAEINPROGRESS */
  PORTRES_ENOTSOCK = -10038,    /* WSAENOTSOCK */
  PORTRES_EOPNOTSUPP = -10045,  /* WSAEOPNOTSUPP */
  PORTRES_EADDRINUSE = -10048,  /* WSAEADDRINUSE, ERROR_SHARING_VIOLATION */
  PORTRES_ENETDOWN = -10050,    /* WSAENETDOWN */
  PORTRES_ENOBUFS = -10055,     /* WSAENOBUFS */
  PORTRES_ENOTREADY = -10093    /* WSANOTINITIALISED; on Windows only */
};

#ifdef _WIN32
typedef uintptr_t portres_socket; /* SOCKET */
#else
typedef int portres_socket; /* a descriptor */
#endif

/* Names a reservation; opaque, never 0, never guessable from another one. */
typedef uint64_t portres_token;

/* The values are those of IPPROTO_TCP and IPPROTO_UDP. */
enum portres_protocol { PORTRES_TCP = 6, PORTRES_UDP = 17 };

/* Consecutive ports: start, start + 1, ... start + count - 1 <= 65535.
 * As a request, a start of 0 means "anywhere". */
struct portres_range {
  uint16_t start;
  uint16_t count;
};

struct portres_reservation {
  struct portres_range range; /* what was granted */
  portres_token token;
};

/* Against whom a reservation holds.
 *
 * At scope machine a socket of the library's own, a guard, is bound to each
 * free port of the block: a descriptor a port, up to a fourth of what the
 * process may have open. A socket of the block slips in beside its guard, and
 * a guard is back when it is closed. On Windows every reservation is of this
 * scope.
 *
 * Where nobody chooses, a block has the widest scope that can be had: machine,
 * or shared when the guards are too many, or process when the runtime directory
 * cannot be used. portres_describe() tells which. Who chooses one gets that one
 * or an error. */
enum portres_scope {
  PORTRES_SCOPE_DEFAULT = 0, /* portres_set_scope(), PORTRES_SCOPE of the
                                environment, or the widest: the first of them */
  PORTRES_SCOPE_PROCESS = 1, /* every explicit bind of this process */
  PORTRES_SCOPE_SHARED = 2,  /* also acquires and explicit binds of all
                                processes of this user that use this library at
                                this scope */
  PORTRES_SCOPE_MACHINE = 3  /* every bind of every process */
};

/* Which free port of the block a bind to port 0 takes. */
enum portres_order {
  PORTRES_ORDER_LOWEST = 0,   /* the lowest; what Windows programs see */
  PORTRES_ORDER_ROTATING = 1, /* the one after the last that was taken */
  PORTRES_ORDER_SEEDED = 2    /* any, as the seed says: same seed, same ports */
};

enum portres_kind { PORTRES_RUNTIME = 1, PORTRES_PERSISTENT = 2 };

#define PORTRES_LABEL_SIZE 48 /* bytes, with the terminating NUL */

/* How long to wait for a block that is busy: until it is not. */
#define PORTRES_FOREVER UINT32_MAX

/* What to reserve. Set it all to 0, then size to sizeof, then what you want. */
struct portres_options {
  size_t size;                /* of this structure, set by the caller */
  struct portres_range range; /* start 0: the library chooses */
  uint16_t alignment;         /* start is a multiple of it; 0 is as 1 */
  enum portres_scope scope;
  enum portres_order order;
  const char* label; /* for listings; copied, cut to fit; NULL is none */
  uint64_t seed;     /* for PORTRES_ORDER_SEEDED, any number */
  uint32_t wait_ms;  /* for a busy block, milliseconds; 0: not at all */
};

/* What a reservation is now. used + free + cooling = range.count. Of a
 * persistent one these are this process' own figures. */
struct portres_info {
  size_t size; /* of this structure, set by the caller of portres_describe */
  portres_token token;
  struct portres_range range;
  enum portres_protocol protocol;
  enum portres_kind kind;
  enum portres_scope scope;
  uint32_t used;    /* ports bound by associated sockets */
  uint32_t free;    /* ports a bind to port 0 may take */
  uint32_t cooling; /* ports the kernel lately refused: TIME_WAIT, strangers */
  uint32_t pid;     /* the process that holds the reservation; persistent: 0 */
  char label[PORTRES_LABEL_SIZE];
};

/* A value other than 0 ends the listing and is what portres_list returns. */
typedef int (*portres_list_cb)(const struct portres_info* info, void* arg);

/* Acquire */

/**
 * Reserve `want.count` consecutive ports of the transport of `s`.
 *
 * With a start of 0 the first fit in the dynamic range 49152-65535 is taken,
 * and of that first what lies outside the kernel's own ephemeral range. `s`
 * may have any state, may acquire many blocks, and may itself be associated.
 * Each port is tried with the kernel: time grows with the count.
 *
 * Owner:   the reservation lives until portres_release(), or until the last
 *          descriptor of `s` in this process is closed.
 * Returns: 0; EFAULT: `out` is NULL; ENOTSOCK: `s` is closed or no socket;
 *          EOPNOTSUPP: not TCP or UDP, a scope that is not there, or bind of
 *          this program does not reach this library (see portres/calls.h);
 *          EINVAL: count 0, or the last port past 65535; EACCES: a privileged
 *          port this process may not bind; EADDRINUSE: a port of a specific
 *          range is bound or reserved; ENOBUFS: no room for a wildcard block,
 *          or no memory or descriptor to look with, or too few for the guards
 *          of scope machine that was asked for.
 *          Of scope shared that was asked for also EOPNOTSUPP: another version
 *          of this library has blocks that are in use; EACCES, ECORRUPT,
 *          EDISKFULL: no use can be made of the runtime directory, see
 *          portres_set_scope().
 * Windows: SIO_ACQUIRE_PORT_RESERVATION.
 */
PORTRES_API int portres_acquire(portres_socket s,
                                struct portres_range want,
                                struct portres_reservation* out);

/**
 * Reserve a block as portres_acquire() does, with options.
 *
 * With `wait_ms` an acquire that fails because others have the ports, or so
 * many that there is no room, is tried again until it can be had, and returns
 * that status, EADDRINUSE or ENOBUFS, when the time is over. What others have
 * may be a reservation, too, of any process and kind: a persistent one can be
 * deleted, and one of this process released by another thread. Nothing else is
 * waited for. What time does not cure is returned at once: ENOBUFS of a block
 * that would fit nowhere if all ports were free, or for want of memory or
 * descriptors; and EADDRINUSE where the guards of scope machine are too many
 * besides. Pauses are of 64 milliseconds at most, or as long as it takes to
 * look. The ports that were busy are looked at first, and while they are busy,
 * nobody is kept from the others. Nobody is first in a queue. Only this thread
 * waits; it can be cancelled then, and finds its own signal mask; and a signal
 * handler ends it.
 *
 * Returns: as portres_acquire(); EFAULT also for `options` NULL; EINVAL also
 *          for a size this library does not know, an unknown scope or order,
 *          or a specific start that is not a multiple of the alignment; EINTR:
 *          a signal was handled while it waited.
 * Windows: does not tell want of memory from want of room: both are waited for.
 */
PORTRES_API int portres_acquire_with(portres_socket s,
                                     const struct portres_options* options,
                                     struct portres_reservation* out);

/**
 * Choose the scope of all acquires from now on that do not name one.
 *
 * PORTRES_SCOPE_DEFAULT goes back to what the environment asks for, or to the
 * widest that can be had.
 *
 * Processes that share keep a file in a runtime directory of their user:
 * PORTRES_RUNTIME_DIR, an absolute path; or else $XDG_RUNTIME_DIR/portres or
 * /run/user/UID/portres, where that is this user's; or else
 * /dev/shm/portres-UID. It is made when needed, for this user alone, and
 * refused (ECORRUPT) when others could change it. A process has a descriptor
 * of the file while it has blocks of scope shared. The kernel frees them when
 * it dies, in whatever way. Blocks of scope machine are told of there as well,
 * if it can be had.
 *
 * Returns: 0; EINVAL: an unknown scope.
 */
PORTRES_API int portres_set_scope(enum portres_scope scope);

/* Associate */

/**
 * Make the coming bind of `s` take its port from the block of `token`.
 *
 * bind() to port 0, and connect(), listen(), sendto(), sendmsg() without bind,
 * take a free port of the block and fail with ENOBUFS when there is none.
 * bind() to a port inside the block is left to the kernel's rules; to a port
 * outside it fails with EACCES. Before bind, another valid token replaces
 * this one.
 *
 * Returns: 0; ENOTSOCK: `s` is closed or no socket; EOPNOTSUPP: not TCP or
 *          UDP, or bind of this program does not reach this library; EINVAL:
 *          `s` is bound already, or the token is 0, unknown, released, of the
 *          other protocol or of another process; EACCES: it is persistent, and
 *          this process may not create such reservations; ECORRUPT: it is not
 *          of this process, and the store cannot tell; ENOBUFS: no memory.
 * Windows: SIO_ASSOCIATE_PORT_RESERVATION.
 */
PORTRES_API int portres_associate(portres_socket s, portres_token token);

/* Release */

/**
 * End the reservation of `token`.
 *
 * Succeeds while sockets are bound to ports of the block: they keep them. An
 * associated socket that is not bound yet fails to bind from now on, with
 * ENOBUFS for port 0 and EACCES for an explicit port.
 *
 * Returns: 0; ENOTSOCK and EOPNOTSUPP for `s` as above (any TCP or UDP socket
 *          of the reservation's protocol will do); EINVAL: the token is 0,
 *          unknown, released, persistent, of PORTRES_BLOCK, of the other
 *          protocol or of another process.
 * Windows: SIO_RELEASE_PORT_RESERVATION.
 */
PORTRES_API int portres_release(portres_socket s, portres_token token);

/* Persistent reservations
 *
 * They belong to the machine, not to a process, and outlive both. They are
 * kept in a state directory: PORTRES_STATE_DIR, an absolute path that is read
 * when the library is loaded and not at all in a setuid program; or else the
 * one that the library was built with, such as /var/lib/portres.
 *
 * Anybody who may look into that directory may look reservations up. To
 * create, to delete and to associate takes the right to change it: to be root
 * or its owner, and that it is writable. A directory of any other user than
 * root and oneself is refused with ECORRUPT, and so are symbolic links and
 * foreign files in it, and a text that is not just as we wrote it. A store
 * that is refused is left untouched.
 *
 * In it, `reservations` is a text for people to read, too; a change replaces
 * it in one step and is on the disk when the call returns. `ports` is what
 * every process with this library looks at when it binds: a socket that is not
 * associated is refused (EACCES) a port that any process has reserved
 * persistently, at once, and acquire steps over it.
 *
 * A token holds until the next boot, or until its reservation is deleted:
 * look it up, do not keep it. */

/**
 * Reserve a specific range so that it outlives this process.
 *
 * Returns: 0; EFAULT: `out` is NULL; EINVAL: the protocol, a start or count of
 *          0, or a last port past 65535; EACCES: no right to change the state
 *          directory or to make it, or a privileged port this process may not
 *          bind; ECORRUPT: the store is damaged or not to be trusted;
 *          EADDRINUSE: a port is bound, or reserved by this process or
 *          persistently; EDISKFULL; ENOBUFS: no memory or descriptor; EINTR: a
 *          signal came while another process was changing the store.
 * Windows: CreatePersistentTcpPortReservation, ...Udp....
 */
PORTRES_API int portres_persistent_create(enum portres_protocol protocol,
                                          struct portres_range range,
                                          portres_token* out);

/**
 * End the persistent reservation of exactly this range.
 *
 * As with portres_release(), sockets keep ports that they have, and an
 * associated one that is not bound yet fails to bind from now on, in every
 * process.
 *
 * Returns: 0; EINVAL, EACCES, ECORRUPT as above; ENOTFOUND: there is none that
 *          was created with this start and count; EDISKFULL: the text cannot
 *          be replaced; ENOBUFS; EINTR as above.
 * Windows: DeletePersistentTcpPortReservation, ...Udp....
 */
PORTRES_API int portres_persistent_delete(enum portres_protocol protocol,
                                          struct portres_range range);

/**
 * Find the token of the persistent reservation of exactly this range.
 *
 * Returns: 0; EFAULT: `out` is NULL; EINVAL as above; EACCES: the directory
 *          cannot be read; ECORRUPT; ENOTFOUND: there is none that was created
 *          with this start and count; ENOBUFS: no descriptor.
 * Windows: LookupPersistentTcpPortReservation, ...Udp....
 */
PORTRES_API int portres_persistent_lookup(enum portres_protocol protocol,
                                          struct portres_range range,
                                          portres_token* out);

/* Inspect */

/**
 * Tell what the reservation of `token` is now.
 *
 * Returns: 0; EFAULT: `info` is NULL; EINVAL: info->size is not one this
 *          library knows, or the token is 0, unknown or released; EACCES,
 *          ECORRUPT, ENOBUFS: it is not of this process, and the store cannot
 *          tell.
 */
PORTRES_API int portres_describe(portres_token token,
                                 struct portres_info* info);

/**
 * Call `callback` once for each reservation of this process, and for each
 * persistent one.
 *
 * The reservations are those alive when the call begins, by protocol and
 * start. The callback may call this library.
 *
 * Returns: 0; the first value other than 0 the callback returned; EFAULT:
 *          `callback` is NULL; ENOBUFS: no memory; EACCES, ECORRUPT, ENOBUFS
 *          also, after the callback has seen those of this process: the store
 *          cannot be read.
 */
PORTRES_API int portres_list(portres_list_cb callback, void* arg);

/**
 * Tell the version of the library that is running, such as "0.1.0".
 */
PORTRES_API const char* portres_version(void);

/**
 * Tell what a status means, in one English sentence; never NULL.
 */
PORTRES_API const char* portres_strerror(int status);

/**
 * Tell the name of a status, such as "ENOBUFS"; "UNKNOWN" for no status.
 */
PORTRES_API const char* portres_error_name(int status);

#ifdef __cplusplus
}
#endif

#endif
