#ifndef TESSERA_CKERNELS_H
#define TESSERA_CKERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Columns of a panel: four blocks of sixteen.
#define TESSERA_PANEL_COLUMNS 64

/// Instruction sets the kernels are written for. All give identical results.
typedef enum {
  TESSERA_LEVEL_PORTABLE = 0,
  TESSERA_LEVEL_AVX2 = 1,
  TESSERA_LEVEL_AVX512_VNNI = 2,
} tessera_level;

/// The best level that this processor has.
tessera_level tessera_best_level(void);

/// A matrix of signed bytes in panels: `[panels][quads][64 columns][4 rows]`, where a quad is four rows;
/// missing rows and columns are zero.
typedef struct {
  const int8_t *panels;
  int32_t panel_count;
  int32_t quads;
} tessera_matrix;

/// sums[w][c] = sum over k of inputs[w][k] * matrix[k][c], exact in 32 bits.
///
/// `inputs` is `[windows][input_stride]` with `input_stride >= 4 * quads`; bytes past the true rows meet
/// zero weights. `sums` is `[windows][64 * panel_count]`.
void tessera_multiply(
    tessera_level level, tessera_matrix matrix, const uint8_t *inputs, int64_t input_stride,
    int32_t windows, int32_t *sums);

/// The plain twin of `tessera_multiply`.
void tessera_multiply_reference(
    tessera_matrix matrix, const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t *sums);

/// Columns of a panel of single-precision weights.
#define TESSERA_FLOAT_COLUMNS 16

/// results[w][c] = biases[c] + sum over k of inputs[w][k] * matrix[k][c] in single precision, rows in order,
/// each product and each sum rounded: the same bits on every processor.
///
/// `panels` is `[panels][rows][16 columns]` with zeros for missing columns, `biases` `[16 * panel_count]`,
/// `inputs` `[windows][rows]`, `results` `[windows][16 * panel_count]`.
void tessera_multiply_float(
    const float *panels, int32_t panel_count, int32_t rows, const float *inputs, int32_t windows,
    const float *biases, float *results);

/// codes[w][c] = clamp(round((sums[w][c] + offsets[c]) * factors[c]) + zero_point, lowest, highest), ties to
/// even, in double precision. |sum + offset| must be below 2^31, every factor finite and 0 <= lowest <=
/// highest <= 255. `code_stride` codes lie between two windows.
void tessera_requantize(
    const int32_t *sums, int64_t sum_stride, int32_t windows, int32_t columns, const int32_t *offsets,
    const double *factors, int32_t zero_point, int32_t lowest, int32_t highest, uint8_t *codes,
    int64_t code_stride);

/// codes[i] = clamp(round((left[i] - left_zero) * left_factor + (right[i] - right_zero) * right_factor)
/// + zero_point, lowest, highest), ties to even, in double precision.
void tessera_add(
    const uint8_t *left, int32_t left_zero, double left_factor, const uint8_t *right, int32_t right_zero,
    double right_factor, int64_t count, int32_t zero_point, int32_t lowest, int32_t highest, uint8_t *codes);

/// How the sum of one column becomes a code. Sums are in conductance units, the fixed-point grid on which
/// cells are stored.
typedef struct {
  /// Uniform thresholds: code = clamp(((sum + half) * multiplier) >> 16, 0, maximum), 0 below zero; at most 65535.
  int32_t half;
  int32_t multiplier;
  int32_t maximum;
  /// Or a ladder for each converter, code = number of thresholds <= sum - ladder_centre: `[arrays][columns][maximum]`,
  /// rising within a converter, `ladder_stride` apart (0 if all converters are alike); 64 bytes more are read behind
  /// the last. `maximum` is 1, 3, 7, 15, 31 or 63, no threshold -2^15. NULL if uniform.
  const int16_t *ladders;
  int64_t ladder_stride;
  int32_t ladder_centre;
  /// Noise of one conversion has the variance fixed + per_cell * active cells + per_sum * sum, at least
  /// zero, in squared conductance units. `normals` holds 4096 equally probable values of a standard
  /// normal, or is NULL for no noise.
  float variance_fixed;
  float variance_per_cell;
  float variance_per_sum;
  const float *normals;
  uint64_t noise_key;
} tessera_converter;

/// What conversions do to the digital sums, by read and class of the number of active rows; added to.
///
/// The error of a read is taken per output: sum over its slices of slice weight * (code * step - sum), in conductance
/// units, where the sum is that of the programmed cells without line or noise.
typedef struct {
  /// Grid units that a code stands for.
  float step;
  /// Class of each number of active rows, `[rows_per_read + 1]`, and how many classes there are.
  const uint8_t *classes;
  int32_t class_count;
  /// Vectors `[reads][classes]`, the errors of each output `[outputs][reads][classes]`, and the squared errors of all
  /// outputs `[reads][classes]`.
  double *counts, *errors, *squares;
  /// Vectors and the errors of all outputs by the number of active rows itself, `[reads][rows_per_read + 1]`.
  double *fine_counts, *fine_errors;
} tessera_profile;

/// Columns whose cells lie together.
#define TESSERA_TILE_COLUMNS 8

/// A layer on crossbars of which several rows are read at once.
///
/// A column holds one slice of the weights of one output: column s * outputs + o. Cells are
/// `[reads][tiles of 8 columns][quads][8][4 rows]` with zeros for missing rows and columns.
typedef struct {
  const int8_t *cells;
  /// What the columns of a read share, `[reads][quads][8][4]`: column 0 holds a one for each row, column 1 the
  /// deviation of the reference column's cells, which is subtracted from each sum; the others hold zeros.
  const int8_t *common;
  /// Conductance units to add for each active cell: what a stored zero stands for.
  int32_t cell_offset;
  /// Rows of the weight matrix, and rows summed in one read; read r takes rows r * rows_per_read onwards.
  int32_t rows;
  /// At most 1024.
  int32_t rows_per_read;
  /// Reads of one physical array: those share its converters.
  int32_t reads_per_tile;
  int32_t outputs;
  int32_t slices;
  /// Weight of each slice in the digital sum, `[slices]`.
  const int32_t *slice_weights;
  /// Resistance of bitline and source line from one row to the next times the conductance of one unit; 0 for lines
  /// without resistance. Row 0 of an array is the nearest to its converters.
  float line_drop;
  /// Current of an active cell, in units, that is in no sum because a reference column on a line of its own takes it
  /// away.
  float idle_current;
  tessera_converter converter;
  /// Filled if not NULL.
  const tessera_profile *profile;
} tessera_crossbar;

/// Bytes of memory that a call of `tessera_row_parallel` needs.
int64_t tessera_row_parallel_scratch(const tessera_crossbar *crossbar);

/// Bit-serial inputs on a crossbar: for every read, input bit and column the sum of the active cells is
/// converted; sums[w][o] += sum over reads, bits and slices of code * slice weight * 2^bit.
///
/// Reads in which no row is active are skipped. `inputs` is `[windows][input_stride]`; `sums` is
/// `[windows][outputs]`; `scratch` is aligned to 64 bytes. Returns the number of reads made; each converts
/// every column once.
///
/// Where lines have resistance, a column's current I falls to I / (1 + r Q / I) with Q the sum of the squared
/// currents of the line's pieces, known in up to eight segments of the read's rows, in each of which the cells are
/// taken as evenly spread: exact to first order in the resistance r, and for one cell, but for where in its segment a
/// cell lies.
int64_t tessera_row_parallel(
    tessera_level level, const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride,
    int32_t windows, int32_t *sums, uint8_t *scratch);

/// The plain twin of `tessera_row_parallel`.
int64_t tessera_row_parallel_reference(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows,
    int32_t *sums);

/// How often each column sum occurs, for choosing a converter's range: `histogram` is
/// `[slices][bins]`; entry [s][v] grows by 4^bit for each sum of slice s that rounds to v levels,
/// clamped to the bins. Every `window_step`-th window is counted. Lines are taken as without resistance; `scratch`
/// is as for `tessera_row_parallel`.
void tessera_sum_histogram(
    tessera_level level, const tessera_crossbar *crossbar, int32_t units_per_level, const uint8_t *inputs,
    int64_t input_stride, int32_t windows, int32_t window_step, int32_t bins, double *histogram, uint8_t *scratch);

/// The vectors of each window by read and class of the number of active rows: vectors[w][read][class] = sum of 2^bit,
/// squares[w][read][class] = sum of 4^bit, activity[w] = sum of the codes, shared[w] = sum of 2^bit times what `fine` has
/// for the read and the number of active rows.
///
/// `inputs` is `[windows][input_stride]`, `classes` `[rows_per_read + 1]`, `fine` `[reads][rows_per_read + 1]`.
void tessera_count_vectors(
    const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t rows, int32_t rows_per_read,
    const uint8_t *classes, int32_t class_count, const float *fine, float *vectors, float *squares, int32_t *activity,
    float *shared);

/// Bins of the product of a sum.
#define TESSERA_SURROGATE_BINS 32
/// Least and largest variance of a sum over the one given.
#define TESSERA_SURROGATE_LEAST_VARIANCE 0.25f
#define TESSERA_SURROGATE_LARGEST_VARIANCE 4.0f
/// Sizes of blocks of windows whose sums have something in common: 2 x 2, 4 x 4, 8 x 8.
#define TESSERA_SURROGATE_BLOCKS 3

/// What is left of the mean error of a layer's sums, and noise.
typedef struct {
  int32_t columns;
  /// Weight of one unit of the products.
  float unit;
  /// Further mean error, and factor on the standard deviation, by the product: bin (product - bin_low) * bins_per_product,
  /// clamped; `[TESSERA_SURROGATE_BINS]` each.
  float bin_low, bins_per_product;
  const float *bin_means, *bin_deviations;
  /// Standard deviations, over that of a sum, of what each sum has of its own, of what the sums of an output have in common
  /// in a block of windows of each size, and in all windows, and of what all sums of a window have in common.
  float own, blocks[TESSERA_SURROGATE_BLOCKS], image, window;
  /// Windows in a row of the output.
  int32_t width;
  /// Further mean error of each output, and its variance over the one given, less 1: t_0 + t_1 product + t_2 activity +
  /// t_3 product^2 + t_4 mean + t_5 mean product, mean being that of the reads; terms `[6][columns]`.
  const float *output_means, *output_variances;
  /// 4096 equally probable values of a standard normal.
  const float *normals;
  uint64_t noise_key;
} tessera_surrogate_layer;

/// sums[w][c] = product + means[w][c] + shared[w] + mean error + noise * sqrt(variances[w]), rounded; product = (128
/// high[w][c] + low[w][c]) * unit. Windows without activity have no error.
///
/// `high` and `low` are `[windows][stride]`, `means` `[windows][mean_stride]`, `sums` `[windows][columns]`.
void tessera_surrogate(
    const tessera_surrogate_layer *layer, const int32_t *high, const int32_t *low, int64_t stride,
    const float *means, int64_t mean_stride, const float *shared, const float *variances, const int32_t *activity,
    int32_t windows, int32_t *sums);

/// Reads the cells of one row without noise.
///
/// Positions are rounded to single precision first and left in `kept`. A symbol counts the boundaries below the
/// position; the distance is that to the nearest boundary times its precision. Cell i of the
/// `cells_per_array` of an array is read by chain i mod `chains_per_array` of that array; `boundaries` is
/// `[arrays][chains_per_array][boundary_count]`, `precisions` `[levels][boundary_count]`.
void tessera_read_cells(
    const double *positions, const uint8_t *levels, int64_t count, const double *boundaries,
    int32_t boundary_count, int64_t cells_per_array, int64_t chains_per_array, const double *precisions,
    float *kept, uint8_t *symbols, double *distances);

/// Standard normal values of a keyed stream: value i comes from half i % 2 of Philox4x32-10 block i / 2
/// under the key, by the inverse of the normal distribution (relative error below 2e-9, 53-bit uniforms).
///
/// - Source: Salmon et al., SC'11, doi:10.1145/2063384.2063405; the inverse is P. J. Acklam's rational
///   approximation (2003).
void tessera_normals(uint64_t key, int64_t count, double *values);

/// Adds to value i a draw from the distribution of its symbol, by inversion.
///
/// `quantiles` is `[symbols][per_symbol]`: entry k of a symbol is the value at the cumulative probability
/// k / (per_symbol - 1), linear in between; `per_symbol` is at least 2. The probability comes from word i % 4
/// of Philox4x32-10 block i / 4 under the key.
void tessera_add_quantiles(
    uint64_t key, int64_t count, const uint8_t *symbols, const double *quantiles, int32_t per_symbol,
    double *values);

/// Cells that `tessera_draw_reads` takes at once.
#define TESSERA_UNSURE_CELLS 128

/// A cell of which many reads are wrong, in units of 2^-32: a draw of 32 bits below `low` is an error to one
/// side, the following `rest` stand for any other error but those of the highest `high`, to the other side.
/// low + rest + high <= 2^32; low and high <= 2^31.
typedef struct {
  uint32_t low;
  uint32_t rest;
  uint32_t high;
  int32_t row;
} tessera_unsure_cell;

/// A read that its first random byte does not decide.
typedef struct {
  int32_t window;
  uint8_t cell;
  uint8_t draw;
} tessera_open_read;

/// Draws every read of at most `TESSERA_UNSURE_CELLS` cells: changes[w] += factor * (sum of the codes of the
/// rows that are read wrong to the low side in window w - the same for the high side).
///
/// Window w of cell i takes byte w % 16 of Philox4x32-10 block (first + i) * blocks_per_row + w / 16 of the
/// stream, as the top byte of the 32 bits that decide. Reads that need the other 24 are not counted, but listed
/// in `open` in no particular, always the same, order; it has room for all of them. `codes` is
/// `[rows][16 * blocks_per_row]` and `used` `[rows][ceil(blocks_per_row / 32)]` as `tessera_rows_of_windows`
/// leaves them; reads of code 0 are not made. Returns the number of open reads.
int64_t tessera_draw_reads(
    uint64_t key, uint64_t stream, uint64_t first, const tessera_unsure_cell *cells, int32_t count,
    const uint8_t *codes, int32_t blocks_per_row, const uint32_t *used, int32_t factor, int32_t *changes,
    tessera_open_read *open);

/// Transposes input codes `[windows][input_stride]` to `codes` `[rows][16 * blocks_per_row]`, zeros at the end
/// of each row. Bit b % 32 of used[row][b / 32] tells whether block b of a row has a code other than 0.
void tessera_rows_of_windows(
    const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t rows, int32_t blocks_per_row,
    uint8_t *codes, uint32_t *used);

/// Geometric skips: skips[i] = log(u) * scale, whose integral part is the number of failures before the next
/// success if scale = 1 / log(1 - p), and a second uniform number for each.
///
/// The numbers are the middles of 2^52 equal parts of (0, 1), from the halves of Philox4x32-10 block first + i
/// of the stream.
void tessera_skips(
    uint64_t key, uint64_t stream, uint64_t first, int32_t count, double scale, double *skips,
    double *uniforms);

/// Replicas of a spin system that are advanced together, one per vector lane.
#define TESSERA_REPLICAS 16
/// Cells whose far fields are summed together.
#define TESSERA_CELL_GROUP 4

/// Cells of two macrospins each, a lower and an upper one; spins are numbered 2 cell and 2 cell + 1.
///
/// The field on a spin is that from outside, that of the spins of near cells, its own contained, by symmetric 3 x 3
/// blocks, and that of far cells, each seen as one moment, the same on both spins of a cell. Within a layer and
/// between far cells C_xz = C_yz = 0. A spin that is missing has no rate.
typedef struct {
  int32_t cells;
  /// Near cells of cell i: near_cells[near_offsets[i] ..< near_offsets[i + 1]].
  const int32_t *near_offsets, *near_cells;
  /// Their blocks in tesla, 20 coefficients each: lower on lower xx, xy, yy, zz; upper on lower xx, xy, xz, yy, yz,
  /// zz; lower on upper likewise; upper on upper like the first.
  const float *near_blocks;
  /// Between cells, in tesla: `[groups][sources][4 targets][xx, xy, yy, zz]`, 0 for near ones; NULL without any far.
  const float *far;
  /// Shares of a cell's two spins in its moment: `[cells][2]`.
  const float *shares;
  /// Field from outside, in tesla: `[spins][3]`.
  const float *outside;
  /// Of each spin: Gilbert damping alpha; gamma dt / (1 + alpha^2) in 1/T; standard deviation of the thermal
  /// field in tesla; beta of the Slonczewski torque in tesla per unit of drive.
  const float *damping, *rate, *noise, *torque;
  /// Unit vector p of the spin polarisation.
  float polarizer[3];
  /// Torque efficiency eps = efficiency[0] / (efficiency[1] + efficiency[2] m.p).
  float efficiency[3];
  /// eps' of the field-like torque.
  float field_like;
  /// Whether the second stage of a step keeps the far fields of the first.
  int32_t far_once;
} tessera_spins;

/// Advances sixteen replicas of a spin system by Heun's method with the thermal field frozen over each step
/// (Stratonovich), normalised after it.
///
/// `state` is `[cells][2][3][16]`, `scratch` five times as large; both aligned to 64 bytes. The drive of replica r in
/// step s runs from drive[r] + s drive_rise[r] over drive_rise[r]. The six normals of cell i in step s come from
/// Philox blocks (first_step + s) 2^16 + 2 i and the next of the replica's stream, so that a replica gives the same
/// bits whichever lane it stands in and however its steps are divided among calls.
void tessera_spins_advance(
    const tessera_spins *system, uint64_t key, const uint64_t *streams, uint64_t first_step, int64_t steps,
    const float *drive, const float *drive_rise, float *state, float *scratch);

/// The field of all couplings and from outside, without noise: `[cells][2][3][16]` like the state; `scratch` is at
/// least half as large.
void tessera_spins_field(const tessera_spins *system, const float *state, float *fields, float *scratch);

/// Does count * 12 * 16 multiply-adds in single precision that depend on nothing but themselves: the processor's
/// limit, for benchmarks. Returns their sum, so that none can be left out.
float tessera_multiply_adds(int64_t count);

/// Multiply-adds of one step of `tessera_byte_multiply_adds`.
#define TESSERA_BYTE_MULTIPLY_ADDS (12 * 64)

/// Does count * TESSERA_BYTE_MULTIPLY_ADDS multiply-adds of bytes from registers alone: the limit of a level, for
/// benchmarks. Returns their sum, so that none can be left out.
int32_t tessera_byte_multiply_adds(tessera_level level, int64_t count);

/// A mesh of equal rectangles over layers of any thickness, and the tensors between them.
typedef struct {
  int32_t nx, ny, layers;
  /// Lengths of the transforms: at least 2 nx - 1 and even, at least 2 ny - 1; products of 2, 3 and 5.
  int32_t px, py;
  /// Tensor of each target and source, `[layers][layers]`; its complement where the source lies above the target of a
  /// tensor that is given the other way round: xz and yz change sign.
  const int32_t *pairs;
  int32_t tensors;
  /// Tensors by distance, `[tensors][xx, yy, zz, xy, xz, yz][ny][nx]`: even in x and y but for xy, odd in both, xz, odd
  /// in x, and yz, odd in y.
  const double *values;
} tessera_demagnetization_mesh;

/// Transformed tensors and what transforms need.
typedef struct tessera_demagnetization tessera_demagnetization;

/// Makes a plan; the mesh is not needed afterwards.
tessera_demagnetization *tessera_demagnetization_create(tessera_level level, tessera_demagnetization_mesh mesh);
void tessera_demagnetization_destroy(tessera_demagnetization *plan);

/// Bytes of scratch memory for one call.
int64_t tessera_demagnetization_scratch(const tessera_demagnetization *plan);

/// field[c][target] = sum over sources of tensors * strengths * m, `strengths` being `[layers][ny][nx]` and m and field
/// `[3][layers][ny][nx]`. Calls with scratch memory of their own may run at the same time. All levels give identical results.
void tessera_demagnetization_field(
    const tessera_demagnetization *plan, const double *m, const double *strengths, double *field, void *scratch);

/// Cells `[layers][ny][nx]` and what acts on each. Arrays of m and of `bonds_x` can be read one element before their first
/// and one behind their last.
typedef struct {
  int32_t nx, ny, layers;
  /// Lengths of a cell in metres.
  double width, depth;
  /// In rad/(s T).
  double gyromagnetic_ratio;
  /// Exchange to the next cell in x, y and z in joule: the field on each of the two is the difference of their m times it
  /// over the moment. 0 at the last cell of a row, column or stack.
  const double *bonds_x, *bonds_y, *bonds_z;
  /// In 1/(A m^2); 0 for a cell that is empty or held.
  const double *inverse_moments;
  /// 2 K / Ms in tesla.
  const double *anisotropies;
  /// Easy axes, `[3][cells]`; NULL for z.
  const double *axes;
  const double *dampings;
  /// Uniform field in tesla.
  double applied[3];
  /// Standard normals `[3][cells]`, and what they are multiplied with, in tesla; NULL at zero temperature.
  const double *thermal, *thermal_sigmas;
  /// Current density in A/m^2.
  double current;
  /// hbar / (e Ms t) in tesla per A/m^2; NULL without Slonczewski's torque.
  const double *torques;
  double polarizer[3], polarization, asymmetry, field_like;
  /// Drift velocity of Zhang and Li in m/s per A/m^2; NULL without.
  const double *drifts;
  double drift_direction[2], nonadiabaticity;
} tessera_micromagnet;

/// Rates of change of m in 1/s, both `[3][cells]`; `field` is demagnetisation in tesla or NULL.
void tessera_micromagnet_rates(
    const tessera_micromagnet *magnet, const double *m, const double *field, double *rates);

/// result = start + step * sum of factors[s] * rates[s], one to seven stages; `start` NULL for zero.
void tessera_micromagnet_stage(
    int64_t count, const double *start, double step, int32_t stages, const double *factors,
    const double *const *rates, double *result);

/// Length of the longest of the vectors `[3][count]`.
double tessera_micromagnet_largest(int64_t count, const double *vectors);

/// Makes vectors `[3][count]` unit ones; those of no length stay.
void tessera_micromagnet_normalize(int64_t count, double *m);

#ifdef __cplusplus
}
#endif

#endif
