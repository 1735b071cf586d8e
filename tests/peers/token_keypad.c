/*
 * token_keypad - a PKCS #11 library for a reader with keys of its own: the one
 * named by KEYPAD_LIBRARY, but that the PIN comes from nobody; KEYPAD_PIN is
 * what is typed there.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_FUNCTION_LIST real, list;

static CK_RV
get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV code = real.C_GetTokenInfo(slot, info);

	info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	return code;
}

static CK_RV
log_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
       CK_ULONG len)
{
	char *typed = getenv("KEYPAD_PIN");

	fprintf(stderr, "keypad: %s\n", pin == NULL ? "typed" : "sent");
	if (pin != NULL || len != 0)
		return CKR_ARGUMENTS_BAD;
	return real.C_Login(session, user, (unsigned char *)typed,
			    strlen(typed));
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	void *library = dlopen(getenv("KEYPAD_LIBRARY"), RTLD_NOW);
	void *symbol = dlsym(library, "C_GetFunctionList");
	CK_C_GetFunctionList get_list;
	CK_FUNCTION_LIST *found;
	CK_RV code;

	memcpy(&get_list, &symbol, sizeof(symbol));
	code = get_list(&found);
	real = *found;
	list = *found;
	list.C_GetFunctionList = C_GetFunctionList;
	list.C_GetTokenInfo = get_token_info;
	list.C_Login = log_in;
	*ret = &list;
	return code;
}
