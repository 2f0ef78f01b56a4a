/* Octets as base64 (RFC 4648 section 4). */

#include "kernel.h"

#include <string.h>

enum { FILL = '=' };

/* Writes 4 characters for each 3 octets or part of them. `pairs` are the two characters of each number of 12 bits. */
void fl_base64(const uint8_t *octets, int64_t length, const uint8_t *pairs, uint8_t *out) {
    int64_t at = 0;
    for (; length - at >= 8; at += 6, out += 8) {
        uint64_t word;
        memcpy(&word, octets + at, 8);
        word = __builtin_bswap64(word);
        for (int k = 0; k < 4; k++) memcpy(out + 2 * k, pairs + 2 * (word >> (52 - 12 * k) & 0xFFF), 2);
    }
    for (; at < length; at += 3, out += 4) {
        int64_t left = length - at;
        uint32_t word = (uint32_t)octets[at] << 16 | (left > 1 ? (uint32_t)octets[at + 1] << 8 : 0) | (left > 2 ? octets[at + 2] : 0);
        memcpy(out, pairs + 2 * (word >> 12), 2);
        memcpy(out + 2, pairs + 2 * (word & 0xFFF), 2);
        if (left < 3) out[3] = FILL;
        if (left < 2) out[2] = FILL;
    }
}

static inline uint32_t four(const uint8_t *text, const uint32_t *numbers) {
    return numbers[text[0]] | numbers[256 + text[1]] | numbers[512 + text[2]] | numbers[768 + text[3]];
}

/* The octets of 4 characters each but for their padding; -1 where anything is no base64. `numbers` has four tables of 256:
 * what a character says in each place, or all bits set. `out` has room for 3 octets of each 4 characters, and one more. */
int64_t fl_unbase64(const uint8_t *text, int64_t length, const uint32_t *numbers, uint8_t *out) {
    if (length % 4) return -1;
    int64_t padding = length ? (text[length - 1] == FILL) + (text[length - 1] == FILL && text[length - 2] == FILL) : 0;
    int64_t whole = padding ? length - 4 : length;
    uint8_t *to = out;
    uint32_t bad = 0;
    for (int64_t at = 0; at < whole; at += 4, to += 3) {
        uint32_t word = four(text + at, numbers);
        bad |= word;
        word = __builtin_bswap32(word << 8);
        memcpy(to, &word, 4);
    }
    if (padding) {
        uint8_t last[4] = {text[whole], text[whole + 1], padding == 2 ? 'A' : text[whole + 2], 'A'};
        uint32_t word = four(last, numbers);
        bad |= word;
        *to++ = (uint8_t)(word >> 16);
        if (padding == 1) *to++ = (uint8_t)(word >> 8);
    }
    return bad >> 24 ? -1 : to - out;
}
