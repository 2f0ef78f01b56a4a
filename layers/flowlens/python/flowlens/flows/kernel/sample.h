/* One flow sample of sFlow v5 of the kind that nearly all are: a sampled header, perhaps a switch's and a router's record. */

#ifndef FLOWLENS_SAMPLE_H
#define FLOWLENS_SAMPLE_H

#include "kernel.h"

#include <string.h>

enum { FLOW = 1, EXPANDED_FLOW = 3, COMPACT_OCTETS = 32, EXPANDED_OCTETS = 44, RECORDS_MOST = 64 };
enum { RAW_HEADER = 1, SWITCH = 1001, ROUTER = 1002, RAW_OCTETS = 16, LOCAL = 0x3FFFFFFF, DISCARDED = 1, SAMPLED = 4 };
enum { ETHERNET = 1, IPV4 = 11, IPV6 = 12, MPLS = 13, NOT_ICMP = 0xFFFF };
static const uint64_t MAPPED = 0xFFFF00000000u;

static inline uint32_t u16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static inline uint32_t u32(const uint8_t *at) { return u16(at) << 16 | u16(at + 2); }
static inline uint64_t u64(const uint8_t *at) { return (uint64_t)u32(at) << 32 | u32(at + 4); }

/* What one sample says, by the columns of FlSampleColumns. */
typedef struct {
    uint64_t octets, src_mac, dst_mac, src_high, src_low, dst_high, dst_low, next_hop_high, next_hop_low;
    uint32_t sampling_rate, input_if, output_if;
    uint16_t vlan, customer_vlan, post_vlan, src_port, dst_port, tcp_flags, icmp;
    uint8_t rate_source, ip_version, protocol, tos, src_mask, dst_mask;
} Row;

static int among(uint32_t one, const uint8_t *those, int count) {
    for (int k = 0; k < count; k++)
        if (one == those[k]) return 1;
    return 0;
}

/* Ports, flags, types. Says 0 where there may be a tunnel, which others look into. */
static int transport(Row *row, const uint8_t *at, const uint8_t *stop) {
    static const uint8_t ported[] = {6, 17, 33, 132, 136}, carrying[] = {4, 41, 47};
    if (among(row->protocol, carrying, 3)) return 0;
    if (among(row->protocol, ported, 5) && stop - at >= 4) {
        row->src_port = (uint16_t)u16(at);
        row->dst_port = (uint16_t)u16(at + 2);
        if (row->protocol == 17 && (row->dst_port == 4789 || row->dst_port == 6081)) return 0;
    }
    if (row->protocol == 6 && stop - at >= 14) row->tcp_flags = at[13];
    if ((row->protocol == 1 || row->protocol == 58) && stop - at >= 2) row->icmp = (uint16_t)u16(at);
    return 1;
}

static int ipv4(Row *row, const uint8_t *at, const uint8_t *stop) {
    if (stop - at < 20 || at[0] < 0x45 || at[0] >= 0x50) return 1;
    row->ip_version = 4;
    row->tos = at[1];
    row->protocol = at[9];
    row->src_low = u32(at + 12) | MAPPED;
    row->dst_low = u32(at + 16) | MAPPED;
    if (u16(at + 6) & 0x1FFF) return 1; /* a later fragment */
    const uint8_t *inner = at + (at[0] & 15) * 4;
    return inner > stop ? transport(row, stop, stop) : transport(row, inner, stop);
}

/* Says 0 where extension headers follow. */
static int ipv6(Row *row, const uint8_t *at, const uint8_t *stop) {
    static const uint8_t extensions[] = {0, 43, 44, 51, 60, 135, 139, 140};
    if (stop - at < 40 || at[0] >> 4 != 6) return 1;
    if (among(at[6], extensions, 8)) return 0;
    row->ip_version = 6;
    row->tos = (uint8_t)(u16(at) >> 4);
    row->protocol = at[6];
    row->src_high = u64(at + 8);
    row->src_low = u64(at + 16);
    row->dst_high = u64(at + 24);
    row->dst_low = u64(at + 32);
    return transport(row, at + 40, stop);
}

static int packet(Row *row, uint32_t kind, const uint8_t *at, const uint8_t *stop) {
    return kind == IPV4 ? ipv4(row, at, stop) : kind == IPV6 ? ipv6(row, at, stop) : kind != MPLS;
}

static int tagged(uint32_t type) { return type == 0x8100 || type == 0x88A8 || type == 0x9100; }

static int frame(Row *row, const uint8_t *at, const uint8_t *stop) {
    if (stop - at < 14) return 1;
    row->dst_mac = (uint64_t)u16(at) << 32 | u32(at + 2);
    row->src_mac = (uint64_t)u16(at + 6) << 32 | u32(at + 8);
    at += 12;
    uint32_t type = u16(at);
    for (int depth = 0; depth < 2 && tagged(type) && stop - at >= 6; depth++) {
        *(depth ? &row->customer_vlan : &row->vlan) = u16(at + 2) & 0x0FFF;
        at += 4;
        type = u16(at);
    }
    uint32_t kind = type == 0x0800 ? IPV4 : type == 0x86DD ? IPV6 : type == 0x8847 || type == 0x8848 ? MPLS : 0;
    return packet(row, kind, at + 2, stop);
}

static int sampled_header(Row *row, const uint8_t *at, const uint8_t *stop) {
    if (stop - at < RAW_OCTETS) return 1;
    uint32_t kind = u32(at), captured = u32(at + 12);
    row->octets = u32(at + 4);
    at += RAW_OCTETS;
    if (captured < stop - at) stop = at + captured;
    return kind == ETHERNET ? frame(row, at, stop) : packet(row, kind, at, stop);
}

static void switched(Row *row, const uint8_t *at, const uint8_t *stop) {
    if (stop - at < 16) return;
    uint32_t vlan = u32(at), after = u32(at + 8);
    if (!row->vlan && vlan < 4096) row->vlan = (uint16_t)vlan;
    if (after && after < 4096 && after != row->vlan) row->post_vlan = (uint16_t)after;
}

static void routed(Row *row, const uint8_t *at, const uint8_t *stop) {
    if (stop - at < 12) return;
    uint32_t kind = u32(at);
    at += 4;
    if (kind == 1 && stop - at >= 4) {
        row->next_hop_low = u32(at) | MAPPED;
        at += 4;
    } else if (kind == 2 && stop - at >= 16) {
        row->next_hop_high = u64(at);
        row->next_hop_low = u64(at + 8);
        at += 16;
    }
    if (stop - at < 8) return;
    row->src_mask = u32(at) < 128 ? (uint8_t)u32(at) : 128;
    row->dst_mask = u32(at + 4) < 128 ? (uint8_t)u32(at + 4) : 128;
}

/* Says 0 where an interface stands for the reason of a discarding. */
static int interfaces(Row *row, const uint8_t *at, int expanded) {
    uint32_t rate = u32(at + (expanded ? 12 : 8));
    row->sampling_rate = rate ? rate : 1;
    row->rate_source = rate ? SAMPLED : 0;
    for (int k = 0; k < 2; k++) {
        const uint8_t *place = at + (expanded ? 24 + 8 * k : 20 + 4 * k);
        uint32_t form = expanded ? u32(place) : u32(place) >> 30, value = u32(expanded ? place + 4 : place);
        if (form == DISCARDED) return 0;
        if (form == 0 && value != LOCAL) *(k ? &row->output_if : &row->input_if) = value;
    }
    return 1;
}

/* Fills a row, or says 0 where the sample has anything that is not read here. */
static int plain(Row *row, const uint8_t *at, const uint8_t *stop, int expanded) {
    const uint8_t *found[3] = {NULL}, *ends[3];
    if (!interfaces(row, at, expanded)) return 0;
    at += expanded ? EXPANDED_OCTETS : COMPACT_OCTETS;
    for (int step = 0; step < RECORDS_MOST && stop - at >= 8; step++) {
        uint32_t kind = u32(at), length = u32(at + 4);
        at += 8;
        if (length > stop - at) return 0;
        int place = kind == RAW_HEADER ? 0 : kind == SWITCH ? 1 : kind == ROUTER ? 2 : 3;
        if (place == 3 || found[place]) return 0;
        found[place] = at;
        ends[place] = at + length;
        if (((length + 3ull) & ~3ull) > (uint64_t)(stop - at)) break;
        at += (length + 3) & ~3u;
    }
    if (found[0] && !sampled_header(row, found[0], ends[0])) return 0;
    if (found[1]) switched(row, found[1], ends[1]);
    if (found[2]) routed(row, found[2], ends[2]);
    return 1;
}

#define STORE(NAME)                              \
    to->NAME[i] = row->NAME;                     \
    seen->NAME |= row->NAME

static void store(const FlSampleColumns *to, int64_t i, const Row *row, FlSampleSeen *seen) {
    STORE(octets); STORE(src_mac); STORE(dst_mac); STORE(src_high); STORE(src_low); STORE(dst_high); STORE(dst_low);
    STORE(next_hop_high); STORE(next_hop_low); STORE(sampling_rate); STORE(input_if); STORE(output_if);
    STORE(vlan); STORE(customer_vlan); STORE(post_vlan); STORE(src_port); STORE(dst_port); STORE(tcp_flags);
    STORE(rate_source); STORE(ip_version); STORE(protocol); STORE(tos); STORE(src_mask); STORE(dst_mask);
    to->icmp[i] = row->icmp;
    seen->icmp |= row->icmp ^ NOT_ICMP;
}

static inline int32_t head_of(int expanded) { return expanded ? EXPANDED_OCTETS : COMPACT_OCTETS; }

/* Whether the sample has all of its own head. */
static inline int whole(const FlSamples *samples, int64_t i) {
    int64_t at = samples->at[i], stop = samples->stop[i];
    return at >= 0 && stop <= samples->length && stop - at >= head_of(samples->kind[i] == EXPANDED_FLOW);
}

/* What a sample says of sampling itself. */
typedef struct {
    uint64_t source; /* class << 32 | index */
    uint32_t number, rate, pool, drops;
} Head;

static inline Head opened(const uint8_t *at, int expanded) {
    uint32_t source = u32(at + 4);
    const uint8_t *behind = at + (expanded ? 12 : 8);
    return (Head){expanded ? u64(at + 4) : (uint64_t)(source >> 24) << 32 | (source & 0xFFFFFF), u32(at), u32(behind),
                  u32(behind + 4), u32(behind + 8)};
}

#endif
