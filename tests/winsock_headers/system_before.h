#include "system.h"

#include "windows_reversed.h"
