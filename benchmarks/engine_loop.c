/* Computes with MXNet's C predict API in a loop, and prints the nanoseconds of CPU a call:
 * the least that an engine can cost.
 *
 *     engine_loop LIBRARY SYMBOL PARAMS ROWS FIELDS CALLS
 *
 * Every output is copied out, as ours does. The functions are declared as in MXNet's
 * c_predict_api.h. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CPU = 1, MOST_OUTPUTS = 4 };

typedef void *Handle;
typedef int (*Create)(const char *, const void *, int, int, int, uint32_t, const char **,
                      const uint32_t *, const uint32_t *, Handle *);
typedef int (*SetInput)(Handle, const char *, const float *, uint32_t);
typedef int (*Forward)(Handle);
typedef int (*GetShape)(Handle, uint32_t, uint32_t **, uint32_t *);
typedef int (*GetOutput)(Handle, uint32_t, float *, uint32_t);

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void *find(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found) fail(name, dlerror());
  return found;
}

static char *contents(const char *path, long *size) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path, "cannot be opened");
  fseek(file, 0, SEEK_END);
  *size = ftell(file);
  rewind(file);
  char *data = calloc(*size + 1, 1);
  if (fread(data, 1, *size, file) != (size_t)*size) fail(path, "cannot be read");
  fclose(file);
  return data;
}

static int64_t cpu_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int count, char **words) {
  if (count != 7) fail(words[0], "takes LIBRARY SYMBOL PARAMS ROWS FIELDS CALLS");
  void *library = dlopen(words[1], RTLD_NOW);
  if (!library) fail(words[1], dlerror());
  const char *(*last_error)(void) = (const char *(*)(void))find(library, "MXGetLastError");
  SetInput set_input = (SetInput)find(library, "MXPredSetInput");
  Forward forward = (Forward)find(library, "MXPredForward");
  GetShape get_shape = (GetShape)find(library, "MXPredGetOutputShape");
  GetOutput get_output = (GetOutput)find(library, "MXPredGetOutput");

  long symbol_size, params_size;
  char *symbol = contents(words[2], &symbol_size), *params = contents(words[3], &params_size);
  uint32_t rows = atoi(words[4]), fields = atoi(words[5]), calls = atoi(words[6]);
  const char *names[] = {"data"};
  uint32_t ends[] = {0, 2}, sizes[] = {rows, fields};
  Handle handle;
  if (((Create)find(library, "MXPredCreate"))(symbol, params, params_size, CPU, 0, 1, names, ends,
                                              sizes, &handle))
    fail("MXPredCreate", last_error());

  float *input = calloc(rows * fields, sizeof *input), *outputs[MOST_OUTPUTS];
  for (uint32_t i = 0; i < rows * fields; i++) input[i] = i % 5 ? -200 : -70;
  uint32_t lengths[MOST_OUTPUTS], number = 0;
  if (set_input(handle, "data", input, rows * fields) || forward(handle))
    fail("MXPredForward", last_error());
  for (uint32_t *shape, dimensions; number < MOST_OUTPUTS; number++) {
    if (get_shape(handle, number, &shape, &dimensions)) break;
    lengths[number] = 1;
    for (uint32_t i = 0; i < dimensions; i++) lengths[number] *= shape[i];
    outputs[number] = calloc(lengths[number], sizeof(float));
  }

  int64_t begun = 0;
  for (uint32_t call = 0; call < calls + calls / 5; call++) { /* the first ones warm up */
    if (call == calls / 5) begun = cpu_nanoseconds();
    int failed = set_input(handle, "data", input, rows * fields) || forward(handle);
    for (uint32_t i = 0; i < number; i++)
      failed = failed || get_output(handle, i, outputs[i], lengths[i]);
    if (failed) fail("A call", last_error());
  }
  printf("%lld\n", (long long)(cpu_nanoseconds() - begun) / calls);
  return 0;
}
