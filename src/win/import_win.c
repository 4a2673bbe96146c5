#include "import_win.h"

#include <portres/portres.h>
#include <windows.h>

/* Only the system's own: a library of that name beside the program, or in its
 * working directory, is somebody else's. */
int portres__import_open(const char* name, struct portres__import* out) {
  out->library =
      LoadLibraryExW(L"iphlpapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (out->library == NULL) {
    return PORTRES_EOPNOTSUPP;
  }
  out->function = (void (*)(void))GetProcAddress(out->library, name);
  if (out->function == NULL) {
    FreeLibrary(out->library);
    return PORTRES_EOPNOTSUPP;
  }
  return PORTRES_OK;
}

void portres__import_close(const struct portres__import* import) {
  FreeLibrary(import->library);
}
