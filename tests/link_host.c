/* link_host.c - loads the plugin argv[1] and prints what its acquire answers.
 */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char** argv) {
  void* const plugin = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW);
  if (plugin == NULL) {
    puts(dlerror());
    return 1;
  }
  const char* (*acquire)(void) = NULL;
  *(void**)&acquire = dlsym(plugin, "plugin_acquire");
  puts(acquire != NULL ? acquire() : "missing plugin_acquire");
  return 0;
}
