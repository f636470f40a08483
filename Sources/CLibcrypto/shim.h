// Message digests of OpenSSL's libcrypto (Debian: libssl-dev).
#ifndef TESSERA_CLIBCRYPTO_H
#define TESSERA_CLIBCRYPTO_H

#include <openssl/evp.h>

#endif
