#include "ssh/libssh2/key_stream.h"

#include <openssl/evp.h>

#include "base/secret.h"

/* The first piece after a start: most packets are short. */
#define FIRST_BYTES 256

bool
key_stream_init(struct key_stream *s, const char *name, const char *properties)
{
	memset(s, 0, sizeof(*s));
	s->cipher = EVP_CIPHER_fetch(NULL, name, properties);
	s->ctx = EVP_CIPHER_CTX_new();
	if (s->cipher != NULL && s->ctx != NULL)
		return true;
	key_stream_clear(s);
	return false;
}

void
key_stream_clear(struct key_stream *s)
{
	EVP_CIPHER_CTX_free(s->ctx);
	EVP_CIPHER_free(s->cipher);
	secret_wipe(s, sizeof(*s));
}

bool
key_stream_start(struct key_stream *s, const unsigned char *key,
		 const unsigned char *counter)
{
	s->at = s->len = 0;
	/* naming the cipher again would forget the key */
	return EVP_EncryptInit_ex2(s->ctx, key != NULL ? s->cipher : NULL, key,
				   counter, NULL) == 1;
}

static bool
make_ahead(struct key_stream *s)
{
	int len = s->len == 0 ? FIRST_BYTES : KEY_STREAM_BYTES;

	memset(s->ahead, 0, (size_t)len);
	s->at = 0;
	s->len = (size_t)len;
	return EVP_EncryptUpdate(s->ctx, s->ahead, &len, s->ahead, len) == 1;
}

bool
key_stream_apply(struct key_stream *s, unsigned char *out,
		 const unsigned char *in, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s->at == s->len && !make_ahead(s))
			return false;
		out[i] = in[i] ^ s->ahead[s->at++];
	}
	return true;
}
