/*
 * Records what of a folder has reached the disk for certain, and nothing else: at each fsync or fdatasync the state of
 * that one file, or the names in that one folder, is copied aside, before the system is asked to do it. What was never
 * asked for is not in the record, so a power cut may take it.
 *
 *   POWER_LOSS_ROOT    the folder that is watched
 *   POWER_LOSS_RECORD  where the record is kept: <inode> bytes of a file, <inode>.names names in a folder,
 *                      paths which inode was called what
 *
 *   gcc -shared -fPIC -O2 -o record-fsync.so record-fsync.c -ldl
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SOME (1 << 16)

static int place(char *to, const char *record, const char *end, unsigned long inode, int unfinished) {
  long thread = syscall(SYS_gettid);
  if (unfinished) return snprintf(to, 4096, "%s/unfinished.%d.%ld", record, getpid(), thread);
  return snprintf(to, 4096, "%s/%lu%s", record, inode, end);
}

/* Reads through the descriptor itself: to open the file again and close it would drop the locks that SQLite holds. */
static int copy_bytes(int fd, int to) {
  char *buffer = malloc(SOME);
  int own = -1, from = fd;
  if (!buffer) return -1;
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    own = from = open(link, O_RDONLY | O_CLOEXEC);
  }
  off_t at = 0;
  ssize_t n;
  while ((n = pread(from, buffer, SOME, at)) > 0) {
    if (write(to, buffer, n) != n) { n = -1; break; }
    at += n;
  }
  if (own >= 0) close(own);
  free(buffer);
  return n == 0 ? 0 : -1;
}

static int copy_names(int fd, int to) {
  int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = again < 0 ? NULL : fdopendir(again);
  if (!folder) return -1;
  struct dirent *entry;
  while ((entry = readdir(folder))) {
    struct stat is;
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    if (fstatat(fd, entry->d_name, &is, AT_SYMLINK_NOFOLLOW)) continue;
    dprintf(to, "%lu %s %s\n", (unsigned long)is.st_ino, S_ISDIR(is.st_mode) ? "folder" : "file", entry->d_name);
  }
  closedir(folder);
  return 0;
}

static void record(int fd) {
  const char *root = getenv("POWER_LOSS_ROOT"), *into = getenv("POWER_LOSS_RECORD");
  char link[64], path[4096], unfinished[4096], done[4096];
  struct stat is;
  if (!root || !into || fstat(fd, &is)) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  if (strncmp(path, root, strlen(root))) return;
  int folder = S_ISDIR(is.st_mode);
  place(unfinished, into, "", 0, 1);
  place(done, into, folder ? ".names" : "", (unsigned long)is.st_ino, 0);
  int to = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (to < 0) return;
  int failed = folder ? copy_names(fd, to) : copy_bytes(fd, to);
  close(to);
  if (!failed) rename(unfinished, done);
  snprintf(done, sizeof done, "%s/paths", into);
  int paths = open(done, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (paths < 0) return;
  dprintf(paths, "%lu %s\n", (unsigned long)is.st_ino, path);
  close(paths);
}

static int synced(int fd, const char *name) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int before = errno;
  record(fd);
  errno = before;
  return real(fd);
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }
