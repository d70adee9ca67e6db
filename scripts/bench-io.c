/* SPDX-License-Identifier: MIT */
/*
 * For `make bench`, in a Linux guest: what PV disks and a PV network
 * interface cost, Dom0's part included, since all share one processor; in Dom0,
 * what its own disk costs. Prints lines as the benchmark guests do.
 *
 *     bench-io disk NAME DEVICE     to read and write; NAME begins its rows
 *     bench-io net ADDRESS          a host that echoes
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES      200
#define BULK_SAMPLES 40
#define BLOCK        4096u
#define BULK         (1u << 20)
#define PAYLOAD      1400u
#define BURST        8u
/* See scripts/bochs-counters. */
#define COUNTERS_ADDRESS 0x4e49445553434e54ul
#define HALTED_ADDRESS   0x4e49445553484c54ul

struct reading
{
    uint64_t ticks, exits, insns;
};

static struct reading samples[SAMPLES];
static bool counted;

/* A prefetch of such an address answers in registers, or leaves them alone. */
static bool ask(uint64_t address, uint64_t *first, uint64_t *second)
{
    *first = address;
    *second = 0;
    __asm__ volatile("prefetchnta (%0)" : "+a"(*first), "+d"(*second));
    return *first != address;
}

/* What the machine waits, for a disk, say, is nobody's cost. */
static struct reading read_clock(void)
{
    uint64_t halted, unused;
    struct reading r;
    uint32_t low, high;

    counted = ask(COUNTERS_ADDRESS, &r.exits, &r.insns);
    if ( !ask(HALTED_ADDRESS, &halted, &unused) )
        halted = 0;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    r.ticks = ((uint64_t)high << 32 | low) - halted;

    return r;
}

static int by_ticks(const void *a, const void *b)
{
    const struct reading *x = a, *y = b;

    return x->ticks < y->ticks ? -1 : x->ticks > y->ticks;
}

/* Each of the samples did so many of what the row is about. */
static void print(const char *name, unsigned int count, unsigned int each)
{
    qsort(samples, count, sizeof(samples[0]), by_ticks);
    printf("BENCH %s %" PRIu64 " %" PRIu64 " %" PRIu64, name,
           samples[0].ticks / each, samples[count / 2].ticks / each,
           samples[count - 1].ticks / each);
    if ( counted )
        printf(" %" PRIu64 " %" PRIu64 "\n", samples[0].exits / each,
               samples[0].insns / each);
    else
        printf(" - -\n");
    fflush(stdout);
}

/* All samples of one operation; it gets the number of its round. */
static void measure(const char *name, unsigned int count, unsigned int each,
                    void (*operation)(unsigned int round))
{
    operation(0); /* a warm-up */
    for ( unsigned int i = 0; i < count; i++ )
    {
        struct reading before = read_clock(), after;

        operation(i);
        after = read_clock();
        samples[i] = (struct reading){ after.ticks - before.ticks,
                                       after.exits - before.exits,
                                       after.insns - before.insns };
    }
    print(name, count, each);
}

/* --- The disk --- */
static int disk;
static void *buffer;
static unsigned int disk_bulks; /* places of BULK bytes on it */

static void read_block(unsigned int round)
{
    if ( pread(disk, buffer, BLOCK, (off_t)round * BLOCK) != BLOCK )
        err(1, "reading a block");
}

static void write_block(unsigned int round)
{
    if ( pwrite(disk, buffer, BLOCK, (off_t)round * BLOCK) != BLOCK )
        err(1, "writing a block");
}

static void read_bulk(unsigned int round)
{
    if ( pread(disk, buffer, BULK, (off_t)(round % disk_bulks) * BULK) != BULK )
        err(1, "reading in bulk");
}

static void measure_part(const char *name, const char *part, unsigned int count,
                         unsigned int each,
                         void (*operation)(unsigned int round))
{
    char row[32];

    snprintf(row, sizeof(row), "%s_%s", name, part);
    measure(row, count, each, operation);
}

static void measure_disk(const char *name, const char *path)
{
    off_t size;

    disk = open(path, O_RDWR | O_DIRECT);
    if ( disk < 0 || (size = lseek(disk, 0, SEEK_END)) < BULK )
        err(1, "%s", path);
    disk_bulks = (unsigned int)(size / BULK);
    if ( posix_memalign(&buffer, BLOCK, BULK) )
        err(1, "no memory");
    memset(buffer, 0x5a, BULK);
    measure_part(name, "read", SAMPLES, 1, read_block);
    measure_part(name, "write", SAMPLES, 1, write_block);
    measure_part(name, "bulk", BULK_SAMPLES, BULK / BLOCK, read_bulk);
}

/* --- The network: echoes, which the other side's kernel answers --- */
static int sock;
static struct sockaddr_in peer = { .sin_family = AF_INET };
static uint16_t sequence;

static uint16_t checksum(const void *data, size_t len)
{
    const uint16_t *p = data;
    uint32_t sum = 0;

    for ( size_t i = 0; i < len / 2; i++ )
        sum += p[i];
    sum = (sum >> 16) + (sum & 0xffff);

    return (uint16_t) ~(sum + (sum >> 16));
}

static void send_echo(void)
{
    struct
    {
        struct icmphdr h;
        uint8_t payload[PAYLOAD];
    } packet = { .h = { .type = ICMP_ECHO } };

    packet.h.un.echo.sequence = htons(++sequence);
    packet.h.checksum = checksum(&packet, sizeof(packet));
    if ( sendto(sock, &packet, sizeof(packet), 0, (struct sockaddr *)&peer,
                sizeof(peer)) != sizeof(packet) )
        err(1, "sending");
}

static void await_echo(void)
{
    uint8_t packet[2 * PAYLOAD];
    ssize_t n;

    do
    {
        n = recv(sock, packet, sizeof(packet), 0);
        if ( n < 0 )
            err(1, "receiving");
    } while ( n < (ssize_t)PAYLOAD );
}

static void echo(unsigned int round)
{
    (void)round;
    send_echo();
    await_echo();
}

static void echo_burst(unsigned int round)
{
    (void)round;
    for ( unsigned int i = 0; i < BURST; i++ )
        send_echo();
    for ( unsigned int i = 0; i < BURST; i++ )
        await_echo();
}

static void measure_network(const char *address)
{
    const struct timeval limit = { .tv_sec = 10 };
    const int space = 4 << 20;

    sock = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if ( sock < 0 || inet_pton(AF_INET, address, &peer.sin_addr) != 1 ||
         setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
         setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof(space)) )
        err(1, "%s", address);
    measure("net_echo", SAMPLES, 1, echo);
    measure("net_packet", SAMPLES, 2 * BURST, echo_burst);
}

int main(int argc, char **argv)
{
    if ( argc == 4 && !strcmp(argv[1], "disk") )
        measure_disk(argv[2], argv[3]);
    else if ( argc == 3 && !strcmp(argv[1], "net") )
        measure_network(argv[2]);
    else
        errx(2, "usage: bench-io disk NAME DEVICE | net ADDRESS");

    return 0;
}
