/* The guest's steady parts: ticks on a monotonic clock, and memory, disk and network load that checks
 * its own data. One subcommand each; every line is one write(2), so lines never mix on the console. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip_icmp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/fs.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u
#define MIB (1024u * 1024u)
static const char disk_path[] = "/dev/vda";

static void say(const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 2, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof line - 3) length = sizeof line - 3;
    line[length++] = '\n';
    if (write(STDOUT_FILENO, line, length) < 0) { /* nobody to tell */ }
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void sleep_until_ms(int64_t ms)
{
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) { }
}

/* Different for every place and time, and cheap. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static void *memory(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) { say("memory-error cannot get %zu MiB", size / MIB); exit(1); }
    return p;
}

/* --- tick: a line every 100 ms, or as long as asked for; a counter on the disk every second; `status` on the console ------- */

static volatile uint64_t ticks, on_disk;
static const char *guest_name;
static char boot_id[64];

static void *keep_disk_counter(void *unused)
{
    /* Direct and synchronous: the counter counts only what the disk below has taken. */
    int fd = open(disk_path, O_RDWR | O_DIRECT | O_SYNC);
    if (fd < 0) return unused;
    char *block = memory(2 * PAGE), *back = block + PAGE;
    for (int64_t next = now_ms();; sleep_until_ms(next += 1000)) {
        uint64_t counter = ticks;
        memset(block, 0, PAGE);
        snprintf(block, PAGE, "hostswap-guest name=%s boot=%s n=%llu\n", guest_name, boot_id,
                 (unsigned long long)counter);
        if (pwrite(fd, block, PAGE, 0) != PAGE || fsync(fd) != 0)
            say("disk-error counter write: %s", strerror(errno));
        else if (pread(fd, back, PAGE, 0) != PAGE)
            say("disk-error counter read: %s", strerror(errno));
        else if (memcmp(block, back, PAGE) != 0)
            say("disk-error counter differs from what was written");
        else
            on_disk = counter;
        if (now_ms() - next > 1000) next = now_ms();
    }
}

static void *answer_console(void *unused)
{
    char line[128];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        if (strcmp(line, "status") == 0)
            say("status name=%s boot=%s n=%llu", guest_name, boot_id, (unsigned long long)ticks);
    }
    return unused;
}

static void tick(const char *name, int64_t ms)
{
    pthread_t thread;
    guest_name = name;
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (!file || fscanf(file, "%63s", boot_id) != 1) strcpy(boot_id, "unknown");
    pthread_create(&thread, NULL, keep_disk_counter, NULL);
    pthread_create(&thread, NULL, answer_console, NULL);
    for (int64_t next = now_ms();;) {
        ticks++;
        say("tick %llu boot=%s disk=%llu", (unsigned long long)ticks, boot_id, (unsigned long long)on_disk);
        next += ms;
        /* Late: go on from here. A burst to catch up would hide the stall. */
        if (now_ms() > next) next = now_ms();
        sleep_until_ms(next);
    }
}

/* --- memory --------------------------------------------------------------------------------------- */

static void fill_page(uint64_t *page, uint64_t seed)
{
    for (size_t i = 0; i < PAGE / 8; i++) page[i] = mix(seed + i);
}

/* Fills memory once and then checks a word of each 64 bytes of it, about that many MiB a second. */
static void fill(size_t mib, size_t rate)
{
    size_t pages = mib * (MIB / PAGE), words = PAGE / 8;
    uint64_t *p = memory(pages * PAGE);
    for (size_t i = 0; i < pages; i++) fill_page(p + i * words, i * words);
    for (size_t i = 0;; i = (i + 1) % pages) {
        for (size_t w = 0; w < words; w += 8)
            if (p[i * words + w] != mix(i * words + w)) {
                say("memory-error fill page %zu word %zu", i, w);
                fill_page(p + i * words, i * words);
                break;
            }
        if (i % (MIB / PAGE) == 0) sleep_until_ms(now_ms() + 1000 / (int64_t)rate);
    }
}

/* Rewrites a line's worth of each page (all that matters to dirty tracking), round after round,
 * checking what the last round left there. Rates are in MiB of pages. */
static void dirty(size_t mib, size_t rate)
{
    size_t pages = mib * (MIB / PAGE), words = PAGE / 8;
    uint64_t *p = memory(pages * PAGE), done = 0;
    for (size_t i = 0; i < pages; i++) {
        fill_page(p + i * words, i);
        p[i * words] = mix(i);
    }
    int64_t start = now_ms();
    for (uint64_t round = 1;; round++)
        for (size_t i = 0; i < pages; i++) {
            uint64_t *page = p + i * words;
            if (page[0] != mix((round - 1) * pages + i)) say("memory-error dirty page %zu round %llu", i, (unsigned long long)round);
            for (size_t w = 0; w < 8; w++) page[w] = mix(round * pages + i + w * ((uint64_t)1 << 40));
            done++;
            if (rate && done % 64 == 0) {
                int64_t due = start + (int64_t)(done * PAGE / 1024 * 1000 / (rate * 1024));
                int64_t now = now_ms();
                if (due > now) sleep_until_ms(due);
                else if (now - due > 500) { start = now; done = 0; }   /* was paused or starved: no burst */
            }
        }
}

/* --- disk ----------------------------------------------------------------------------------------- */

static void fill_block(uint64_t *block, size_t size, uint64_t index, uint64_t version)
{
    for (size_t i = 0; i < size / 8; i++) block[i] = mix(index * 0x100000001b3u + version * 0x9e37 + i);
}

static void disk(size_t kib_per_s)
{
    size_t size = kib_per_s >= 512 ? 64 * 1024 : PAGE;
    uint64_t bytes = 0;
    int fd = open(disk_path, O_RDWR | O_DIRECT);
    if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes) != 0) { say("disk-error open: %s", strerror(errno)); exit(1); }
    uint64_t blocks = bytes <= MIB ? 0 : (bytes - MIB) / size;
    if (blocks > 64 * MIB / size) blocks = 64 * MIB / size;
    if (!blocks || !kib_per_s) { say("disk-error too small, or no rate"); exit(1); }
    uint64_t *versions = memory(blocks * sizeof *versions), *data = memory(size), *back = memory(size);
    int64_t next = now_ms();
    for (uint64_t step = 0;; step++) {
        uint64_t i = mix(step) % blocks;
        fill_block(data, size, i, ++versions[i]);
        if (pwrite(fd, data, size, MIB + i * size) != (ssize_t)size || fsync(fd) != 0)
            say("disk-error write at block %llu: %s", (unsigned long long)i, strerror(errno));
        if (step % 8 == 7) {
            i = mix(mix(step) % (step + 1)) % blocks;      /* one that was written before */
            fill_block(data, size, i, versions[i]);
            if (pread(fd, back, size, MIB + i * size) != (ssize_t)size)
                say("disk-error read at block %llu: %s", (unsigned long long)i, strerror(errno));
            else if (memcmp(data, back, size) != 0)
                say("disk-error block %llu differs from what was written", (unsigned long long)i);
        }
        next += size * 1000 / 1024 / kib_per_s;
        if (now_ms() > next) next = now_ms();
        sleep_until_ms(next);
    }
}

/* --- network -------------------------------------------------------------------------------------- */

static uint16_t checksum(const uint16_t *p, size_t words)
{
    uint32_t sum = 0;
    while (words--) sum += *p++;
    sum = (sum >> 16) + (sum & 0xffff);
    return ~(sum + (sum >> 16));
}

/* 50 pings a second; a gap of more than 2 s in the answers is an error, told every 2 s. */
static void net(const char *address)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    struct timeval wait = { .tv_usec = 1000 };
    union { struct icmphdr header; uint16_t words[256]; } packet;
    char in[1024];
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1) { say("net-error bad address or no socket"); exit(1); }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    int64_t next = now_ms(), answered = next, told = next;
    for (uint16_t sequence = 0;; sequence++) {
        memset(&packet, 0x5a, sizeof packet);
        packet.header = (struct icmphdr){ .type = ICMP_ECHO };
        packet.header.un.echo.id = htons(0x4853);
        packet.header.un.echo.sequence = htons(sequence);
        packet.header.checksum = checksum(packet.words, sizeof packet / 2);
        sendto(fd, &packet, sizeof packet, 0, (struct sockaddr *)&to, sizeof to);
        next += 20;
        for (;;) {
            ssize_t n = recv(fd, in, sizeof in, 0);
            if (n >= 28 && (unsigned char)in[20] == ICMP_ECHOREPLY && !memcmp(in + 24, &packet.header.un.echo.id, 2)) answered = now_ms();
            if (now_ms() >= next) break;
            if (n < 0) sleep_until_ms(next);
        }
        int64_t now = now_ms(), silent = now - answered;
        if (silent > 2000 && now - told > 2000) { say("net-error no answer from %s for %lld ms", address, (long long)silent); told = now; }
        if (now > next + 1000) next = now;
    }
}

/* --- a shared directory ---------------------------------------------------------------------------- */

/* Ten times a second a line with its number goes to a file, by a descriptor that is opened once, and is read back by another;
 * every second a name is moved. Both descriptors must live on, and no line come twice or never. */
static void share(const char *directory)
{
    char path[256], first[256], second[256], line[32], back[32];
    snprintf(path, sizeof path, "%s/lines", directory);
    snprintf(first, sizeof first, "%s/a", directory);
    snprintf(second, sizeof second, "%s/b", directory);
    int out = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644), in = open(path, O_RDONLY), mark = open(first, O_WRONLY | O_CREAT, 0644);
    if (out < 0 || in < 0 || mark < 0) { say("disk-error shared directory: %s", strerror(errno)); exit(1); }
    close(mark);
    int64_t next = now_ms();
    for (uint64_t number = 1;; number++, sleep_until_ms(next += 100)) {
        int length = snprintf(line, sizeof line, "%llu\n", (unsigned long long)number);
        if (write(out, line, length) != length || fsync(out) != 0) { say("disk-error shared write: %s", strerror(errno)); exit(1); }
        if (read(in, back, length) != length || memcmp(line, back, length)) { say("disk-error shared read of line %llu", (unsigned long long)number); exit(1); }
        if (number % 10) continue;
        const char *from = number % 20 ? first : second, *to = number % 20 ? second : first;
        if (rename(from, to) != 0) { say("disk-error shared rename: %s", strerror(errno)); exit(1); }
    }
}

/* --- streams -------------------------------------------------------------------------------------- */

/* Sends back what comes in, in its order, until the other side is done. */
static void *echo(void *descriptor)
{
    int fd = (int)(intptr_t)descriptor;
    char buffer[16384];
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) say("net-error a stream broke: %s", strerror(errno));
        if (n <= 0) break;
        for (ssize_t done = 0; done < n;) {
            ssize_t m = write(fd, buffer + done, n - done);
            if (m < 0 && errno != EINTR) { say("net-error a stream broke: %s", strerror(errno)); close(fd); return NULL; }
            if (m > 0) done += m;
        }
    }
    close(fd);
    return NULL;
}

/* Takes any number of streams. */
static void serve(uint16_t port)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(port) };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) != 0 || listen(fd, 16) != 0) { say("net-error listen: %s", strerror(errno)); exit(1); }
    for (;;) {
        pthread_t thread;
        int stream = accept(fd, NULL, NULL);
        if (stream >= 0 && pthread_create(&thread, NULL, echo, (void *)(intptr_t)stream) == 0) pthread_detach(thread);
    }
}

/* Calls somebody, who may not be there yet, once: a stream that ends is not made anew. */
static void call(const char *address, uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1) { say("net-error bad address"); exit(1); }
    for (int fd;; sleep(1)) {
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) { echo((void *)(intptr_t)fd); exit(0); }
        close(fd);
    }
}

static uint16_t port_of(const char *text) { return (uint16_t)strtoul(text, NULL, 10); }

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "tick")) {
        long ms = strtol(argv[3], NULL, 10);
        tick(argv[2], ms > 0 ? ms : 100);
    }
    if (argc == 3 && !strcmp(argv[1], "fill")) {
        char *end;
        size_t mib = strtoul(argv[2], &end, 10), rate = *end == ':' ? strtoul(end + 1, NULL, 10) : 10;
        fill(mib, rate ? rate : 10);
    }
    if (argc == 4 && !strcmp(argv[1], "dirty")) dirty(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    if (argc == 3 && !strcmp(argv[1], "disk")) disk(strtoul(argv[2], NULL, 10));
    if (argc == 3 && !strcmp(argv[1], "net")) net(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "share")) share(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "serve")) serve(port_of(argv[2]));
    if (argc == 4 && !strcmp(argv[1], "call")) call(argv[2], port_of(argv[3]));
    say("usage: load tick NAME MS | fill MIB[:MIB_PER_S] | dirty MIB MIB_PER_S | disk KIB_PER_S | net ADDR | share DIR | serve PORT | call ADDR PORT");
    return 2;
}
