#include "windows_first.h"

#include "system.h"
