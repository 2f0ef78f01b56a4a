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
