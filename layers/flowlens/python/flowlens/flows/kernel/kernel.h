/* What the kernel gives to whoever loads it. It allocates nothing, keeps nothing, and believes no length of the wire. */

#ifndef FLOWLENS_KERNEL_H
#define FLOWLENS_KERNEL_H

#include <stdint.h>

/* planes.c */
enum { FL_AS_IS, FL_STEP, FL_AFTER, FL_BEFORE, FL_UNMAPPED };

typedef struct {
    const void *values;
    const void *other; /* FL_AFTER, FL_BEFORE: int64_t of each row; FL_UNMAPPED: uint8_t, the IP version of each row */
    int32_t size;      /* octets of a value */
    int32_t is_signed; /* whether they are ordered so; only values of 8 octets are */
    int32_t mode;
} FlColumn;

typedef struct {
    uint64_t base;
    int32_t planes;
    int32_t keys;
    uint64_t key[255];
} FlPacked;

void fl_pack(const FlColumn *column, int64_t rows, uint64_t *scratch, uint8_t *planes, FlPacked *packed);

/* spell.c */
typedef struct {
    const uint8_t *plane[8]; /* the low octet's first */
    const uint64_t *key;     /* or the values that the one plane numbers */
    const void *other;       /* as in FlColumn */
    uint64_t base;           /* added to every value */
    uint64_t first;          /* FL_STEP: what the first row is a difference to */
    int32_t planes, keys, size, mode;
} FlSpelt;

int32_t fl_spell(const FlSpelt *spelt, int64_t rows, void *values);

/* records.c */
enum { FL_NUMBER, FL_ELSE, FL_MAPPED, FL_MAPPED_ELSE, FL_EACH, FL_UPTIMES, FL_CLOCKS, FL_ICMP };

typedef struct {
    int32_t kind;
    int32_t size;             /* octets of a value of the column */
    int32_t from[2];          /* where in a record; -1: nowhere */
    int32_t width[2];         /* octets there, at most 8 */
    void *to[4];              /* the values of the first row */
    const int64_t *each[2];   /* a value for each set */
    int64_t scale;            /* FL_CLOCKS: milliseconds of a unit */
    uint64_t seen;            /* out: all values OR-ed */
} FlOperation;

typedef struct {
    const uint8_t *octets;
    int64_t length;
    int64_t count;
    const int64_t *starts;
    const int64_t *records; /* in each set */
    int64_t size;           /* of a record */
} FlSets;

int32_t fl_records(const FlSets *sets, FlOperation *operations, int64_t count);

typedef struct {
    int64_t *datagram;
    uint16_t *id;
    int64_t *start;
    int64_t *stop;
    uint8_t *fault; /* of each datagram: 0, or FL_SET_LENGTH, or FL_SET_COUNT */
} FlFound;

enum { FL_SET_LENGTH = 1, FL_SET_COUNT = 2 };

int64_t fl_sets(const uint8_t *octets, const int64_t *starts, const int64_t *stops, int64_t count, int64_t most,
                const FlFound *found, int64_t room);

typedef struct {
    const uint8_t *octets;
    int64_t count;
    const int64_t *owner; /* of each set: only sets of one owner are compared */
    const uint16_t *id;
    const int64_t *start;
    const int64_t *stop;
} FlSaid;

void fl_repeats(const FlSaid *said, int64_t *first);

/* messages.c */
enum { FL_LAYOUTS = 64 };

typedef struct {
    const uint8_t *octets; /* slots of `width`, one after the other */
    int64_t width;
    int64_t count;
    const int32_t *lengths;
    const uint16_t *exporters;
    const int64_t *received;
    int32_t version;
} FlMessages;

typedef struct {
    uint64_t key;   /* exporter << 48 | domain << 16 | id of a set */
    int64_t layout; /* of data; -1: a set of which the contents must be among those that were heard */
    int64_t size;   /* of a record of data or options data; 0: a template set */
    int64_t init;   /* when the exporter's system began, for IPFIX; -1: not known */
    int64_t heard;  /* the first of its contents */
    int64_t heards;
} FlKnownOne;

typedef struct {
    int64_t at, length;
} FlContent;

typedef struct {
    const FlKnownOne *ones; /* by key */
    int64_t count;
    const FlContent *contents;
    const uint8_t *octets; /* of the contents */
} FlKnown;

typedef struct {
    int32_t known, datagram;
    int64_t start, records;
} FlSet;

typedef struct {
    int64_t layout, first, sets, rows;
} FlBlock;

typedef struct {
    int64_t *uptime, *exported, *domain, *records, *options; /* of each datagram */
    int64_t *sets, *rows, *begin;                            /* of each that is known; rows of options data too */
    FlSet *found;
    int64_t room; /* of `found` and of all that follow */
    int64_t *starts, *counts, *of_received, *of_exported, *of_exporter, *of_domain, *of_uptime; /* of each set, in order */
    int64_t blocks;
    FlBlock block[FL_LAYOUTS];
} FlSurvey;

int64_t fl_survey(const FlMessages *messages, const FlKnown *known, FlSurvey *to);

/* sflow.c */
typedef struct {
    const uint8_t *octets;
    int64_t length;
    int64_t count;
    const int64_t *at; /* after the type and length of a flow sample */
    const int64_t *stop;
    const uint32_t *kind;
} FlSamples;

typedef struct {
    uint64_t *octets, *src_mac, *dst_mac, *src_high, *src_low, *dst_high, *dst_low, *next_hop_high, *next_hop_low;
    uint32_t *sampling_rate, *input_if, *output_if;
    uint16_t *vlan, *customer_vlan, *post_vlan, *src_port, *dst_port, *tcp_flags, *icmp;
    uint8_t *rate_source, *ip_version, *protocol, *tos, *src_mask, *dst_mask;
} FlSampleColumns;

typedef struct { /* all values OR-ed, that of icmp but for its default */
    uint64_t octets, src_mac, dst_mac, src_high, src_low, dst_high, dst_low, next_hop_high, next_hop_low;
    uint64_t sampling_rate, input_if, output_if, vlan, customer_vlan, post_vlan, src_port, dst_port, tcp_flags, icmp;
    uint64_t rate_source, ip_version, protocol, tos, src_mask, dst_mask;
} FlSampleSeen;

void fl_samples(const FlSamples *samples, const FlSampleColumns *to, FlSampleSeen *seen, uint8_t *simple);

typedef struct {
    int64_t *number, *rate, *pool, *drops;
    uint64_t *source; /* class << 32 | index */
} FlHeads;

int32_t fl_heads(const FlSamples *samples, const FlHeads *to);

enum { FL_SAMPLE_LENGTH = 1, FL_SAMPLE_COUNT = 2 };

typedef struct {
    int64_t count;
    const int64_t *at;
    const int64_t *stop;
    const int64_t *samples; /* that each says it has */
} FlDatagrams;

typedef struct {
    int64_t *datagram;
    uint32_t *kind;
    int64_t *at;
    int64_t *stop;
    uint8_t *fault; /* of each datagram: 0, or FL_SAMPLE_LENGTH, or FL_SAMPLE_COUNT */
} FlFoundSamples;

int64_t fl_walk_samples(const uint8_t *octets, const FlDatagrams *datagrams, int64_t most, const FlFoundSamples *found,
                        int64_t room);

/* agents.c */
typedef struct { /* samples of one source that follow one another, at one rate and within a second of the agent's clock */
    uint64_t agent, source, number, count, rate, since;
    uint64_t pool, drops, uptime, received; /* of the last one */
    uint64_t packets_in, packets_out, octets_in, octets_out; /* what they stand for, by the way they went */
    uint64_t exporter;
} FlRun;

typedef struct {
    int64_t room; /* of the rows, runs and counter samples, each */
    FlSampleColumns columns;
    int64_t *received;
    uint32_t *domain;
    uint16_t *exporter;
    FlSampleSeen seen; /* out */
    int64_t *samples; /* of each datagram: flow samples */
    int64_t *begin;   /* of each datagram: behind its agent's address */
    FlRun *run;
    FlFoundSamples counter;
    int64_t rows, runs, counters; /* out */
} FlAgents;

int64_t fl_announced(const FlMessages *messages);
int32_t fl_agents(const FlMessages *messages, FlAgents *to);

/* text.c */
void fl_base64(const uint8_t *octets, int64_t length, const uint8_t *pairs, uint8_t *out);
int64_t fl_unbase64(const uint8_t *text, int64_t length, const uint32_t *numbers, uint8_t *out);

/* words.c */
enum { FL_NOTHING = 0, FL_SAID = 1, FL_WRONG = 255 };

typedef struct {
    const uint8_t *octets;
    int64_t length;
    const int64_t *starts; /* of each word in the octets */
    const int64_t *ends;
    int64_t count;
} FlWords;

typedef struct {
    int64_t *starts, *ends; /* of word k of row r at [k * room + r] */
    int64_t *line;          /* which one each row was */
    int64_t room;
    int64_t *bad_starts, *bad_ends; /* of the first lines that are no rows */
    int64_t told;                   /* how many of those there is room for */
    int64_t rows, lines, bad;       /* out; lines that are empty are not counted */
} FlLines;

void fl_lines(const uint8_t *octets, int64_t length, int64_t from, int64_t words, FlLines *to);
void fl_numbers(const FlWords *words, uint64_t *values, uint8_t *said);

typedef struct {
    uint64_t *high, *low;
    uint8_t *said;
} FlAddresses;

void fl_addresses(const FlWords *words, const FlWords *like, const FlAddresses *known, const FlAddresses *to);
void fl_equal(const FlWords *words, const uint8_t *octets, int64_t size, uint8_t *equal);
int64_t fl_distinct(const FlWords *columns, int64_t count, int32_t *table, int64_t places, int64_t *which, int64_t *firsts);

void fl_times(const FlWords *words, int64_t *milliseconds, uint8_t *good);

/* members.c */
enum { FL_IS_OBJECT, FL_IS_TEXT, FL_IS_WORD, FL_IS_NUMBER }; /* a word is a text without blanks, a number a word or a whole number */
enum { FL_ROOT = -1, FL_NOBODY = -2 };

typedef struct {
    const uint8_t *name;
    int64_t size;
    int32_t kind;
    int32_t optional;       /* whether null stands for nothing */
    int64_t first, members; /* of an object */
} FlMember;

typedef struct {
    const uint8_t *octets; /* of the text */
    const FlMember *members;
    int64_t count; /* at most 64 */
    int64_t roots; /* the first of them are those of the object that a line is */
    uint64_t required;
} FlForm;

typedef struct {
    int64_t *starts, *ends; /* of member k of row r at [k * room + r]; -1 where it is missing or null */
    int64_t room;
    int64_t *other_start, *other_end, *other_after;
    int64_t other_room;
    int64_t rows, others; /* out */
} FlMembers;

void fl_members(const FlForm *form, int64_t length, int64_t from, FlMembers *to);

/* captures.c */
typedef struct {
    const uint8_t *octets;
    int64_t length;
    int64_t swapped;          /* whether its numbers are in the other order than the machine's */
    int64_t longest, largest; /* octets of a packet, and of a block */
} FlCapture;

typedef struct {
    int64_t link;
    int64_t scale;  /* nanoseconds of a tick; 0: its packets are left to others */
    int64_t offset; /* nanoseconds, below 2^62 and above -2^62 */
} FlInterface;

typedef struct {
    uint8_t *heads; /* the first octets of each packet, one after the other */
    int64_t space;
    int64_t *at, *stop;                       /* of each, in `heads` */
    int64_t *times, *lengths, *links;         /* ms since 1970; octets on the wire */
    int64_t *begin, *kept;                    /* of each, in the capture */
    uint8_t *telling;                         /* whether a name may be in it */
    int64_t room;
    int64_t headers, greeting;                /* octets: of a packet in `heads`; among which a greeting begins */
    int64_t count, filled;                    /* in and out */
} FlPackets;

int64_t fl_pcap(const FlCapture *from, int64_t unit, int64_t link, FlPackets *to);
int64_t fl_pcapng(const FlCapture *from, const FlInterface *interfaces, int64_t count, int64_t *last, FlPackets *to);

/* fold.c */
typedef struct {
    const void *values;
    int64_t stride; /* in octets; 0 where one value stands for all rows */
} FlValues;

typedef struct {
    int64_t rows; /* below 2^31 */
    FlValues exporter, format, domain, received, start, end, src_high, src_low, dst_high, dst_low, protocol;
    FlValues src_port, dst_port, icmp, tcp_flags, octets, packets, sampling_rate, initiator;
    FlValues input_if, output_if, ingress_vrf, egress_vrf, application;
} FlFlows;

enum { /* the columns of `out` */
    FL_SPACE, FL_CLIENT_HIGH, FL_CLIENT_LOW, FL_SERVER_HIGH, FL_SERVER_LOW, FL_PORT, FL_PROTOCOL, FL_SOURCE, FL_MINUTE,
    FL_FLOWS, FL_BY_INITIATOR, FL_BY_FLAGS, FL_BY_SERVICE, FL_BY_PORT_ORDER,
    FL_OCTETS_SEEN, FL_OCTETS_SENT, FL_OCTETS_RECEIVED, FL_PACKETS_SEEN, FL_PACKETS_SENT, FL_PACKETS_RECEIVED,
    FL_END, FL_RATE, FL_START, FL_FORMAT, FL_DOMAIN, FL_EVIDENCE,
    FL_APPLICATION, FL_CLIENT_IF, FL_SERVER_IF, FL_CLIENT_VRF, FL_SERVER_VRF,
};

typedef struct {
    const int64_t *spaces, *sources; /* of each exporter */
    int64_t exporters;
    const uint8_t *ranks;             /* of each port: 65,536 of TCP's, then of UDP's */
    uint8_t *forward, *evidence, *votes; /* of each row */
    int32_t *table;                   /* all 0 */
    int64_t places;                   /* in it: a power of two above the rows */
    int64_t *out;                     /* column by column, all 0 */
    int64_t room;                     /* groups that a column of it holds: as many as there are rows */
    int64_t groups, clamped;          /* out */
} FlFold;

int32_t fl_fold(const FlFlows *flows, FlFold *to);

#endif
