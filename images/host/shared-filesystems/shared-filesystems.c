/* Gives a libvirt from before the setting existed what later ones have as `shared_filesystems` in qemu.conf.
 *
 * Old and new generation share the directories of disks and NVRAM, as two hosts of a cluster do. libvirt 9.0 knows shared file systems by statfs(2)'s type alone, and on any other type it
 *  - resets disk owners to root:root on the source after a migration, under the running QEMU's feet,
 *  - deletes a vTPM's state on the source after a migration, also where the directory is shared,
 *  - refuses to migrate without the unsafe flag.
 * This library, preloaded into libvirtd alone, answers "GFS2", a cluster file system with a local one's
 * semantics, for the paths below HOSTSWAP_SHARED_FILESYSTEMS. Nothing else is changed.
 *
 * Other ways fall short: a disk's <seclabel model='dac' relabel='no'/> keeps that disk's owner, but
 * the file of a snapshot taken on 9.0 stays root's; so it is with dynamic_ownership = 0, where taking it
 * fails. A qemu hook that changes owners before the VM starts does not see such files either, and none of
 * these concerns the vTPM or the unsafe flag. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#define GFS2_MAGIC 0x01161970

static char *shared;    /* colon-separated absolute paths */

__attribute__((constructor)) static void start(void)
{
    const char *list = getenv("HOSTSWAP_SHARED_FILESYSTEMS");
    shared = list ? strdup(list) : NULL;
    unsetenv("LD_PRELOAD");     /* libvirt would hand it on to QEMU */
}

static int is_shared(const char *path)
{
    for (const char *at = shared; at && *at; ) {
        size_t length = strcspn(at, ":"), rest = length;
        while (rest > 1 && at[rest - 1] == '/') rest--;
        if (rest && !strncmp(path, at, rest) && (path[rest] == '/' || !path[rest])) return 1;
        at += length + (at[length] == ':');
    }
    return 0;
}

/* One body for both names; on 64-bit they are the same call with the same structure. */
int statfs(const char *path, struct statfs *result)
{
    static int (*real)(const char *, struct statfs *);
    if (!real) real = (int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
    int rc = real(path, result);
    if (rc == 0 && is_shared(path)) result->f_type = GFS2_MAGIC;
    return rc;
}

int statfs64(const char *path, struct statfs64 *result)
{
    return statfs(path, (struct statfs *)result);
}
