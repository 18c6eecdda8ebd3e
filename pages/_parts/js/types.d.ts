// Made by `make types` from the classes of Python that have these names; a test holds it to them.
// Runs of earlier versions may lack fields of an event that have a default.

/** A run to follow; `known` is the newest event of each run of the page that the page knows. */
export interface FollowData {
  url: string;
  run: string;
  known: Record<string, number>;
}

/** A training run, and the one `beside` it. */
export interface LiveData {
  url: string;
  run: string;
  known: Record<string, number>;
  beside: string | null;
  pretrained: boolean;
  place: string;
}

/** A job of any kind, with what it is said to do in each phase, and which events bring something to draw. */
export interface ProgressData {
  url: string;
  run: string;
  known: Record<string, number>;
  doing: string;
  words: Record<string, string>;
  rows: string[];
  place: string;
  racers: number;
}

/** An epoch, with what is drawn of it. */
export interface CurvePoint {
  epoch: number;
  val_accuracy?: number;
  val_loss?: number;
  train_error?: number;
  val_error?: number;
}

/** A run among others: one that is over, with its `epochs`, or one that is followed by its `id`. */
export interface Curve {
  name: string;
  id?: string;
  epochs?: CurvePoint[];
}

/** Runs over one another; with a `url`, as they happen. */
export interface CompareData {
  runs: Curve[];
  errors: boolean;
  url: string | null;
}

/** An image in a gallery: `blob` is one of the owner's, `src` the address or the data of another one. */
export interface Picture {
  id: number;
  title: string;
  blob?: string;
  src?: string;
  caption?: string;
}

/** Images, and which of them are picked; `side` is how wide each is at least. */
export interface GalleryData {
  images: Picture[];
  picked: number[];
  side: number;
  single: boolean;
}

/** A bar; `text` stands for its value where that is not how it is said, and `dim` crosses it out. */
export interface Bar {
  label: string;
  value: number;
  text?: string;
  dim?: boolean;
}

/** Bars, of which the first may `lead`; a whole one is worth `high`. */
export interface BarsData {
  rows: Bar[];
  high: number | null;
  lead: boolean;
}

/** A stage of a network, and the rate at which it learns. */
export interface Stage {
  name: string;
  parameters: number;
  learns: boolean;
  rate: string;
}

/** A network's stages, and a note on them. */
export interface StripData {
  stages: Stage[];
  note: string;
}

/** A confusion matrix, the order of its classes, and the cell that is chosen. */
export interface MatrixData {
  labels: string[];
  counts: number[][];
  order: number[];
  cell: [number, number] | null;
}

/** A step of a network, as the layer table has it; shapes and sizes are words, and what is empty is left out. */
export interface NetworkStep {
  index: number;
  name: string;
  type: string;
  stage?: string;
  kernel?: string;
  stride?: string;
  padding?: string;
  dilation?: string;
  groups?: number;
  input_shape?: string;
  output_shape?: string;
  field?: string;
  params: number;
  macs: number;
  activation_bytes: number;
  inputs: number[];
  more?: [string, string][];
}

/** A network as a diagram: `key` names it, `open` its groups that are, `selected` the step that is chosen. */
export interface NetworkData {
  key: string;
  steps: NetworkStep[];
  open: string[];
  selected: number | null;
}

/** What a network comes to. */
export interface Totals {
  params: number;
  macs: number;
  activation_bytes: number;
}

/** A network as a table; `chosen` is the step and the column whose working is shown. */
export interface LayersData {
  key: string;
  steps: NetworkStep[];
  totals: Totals;
  open: string[];
  chosen: [number, string] | null;
}

/** A picture on which one points; all places are shares of its sides, across and down. */
export interface SpotData {
  picture: string;
  alt: string;
  at: [number, number] | null;
  box: [number, number, number, number] | null;
  step: [number, number];
}

/** A window that slides over `side` pixels, `output` times; it does not reach the last that are `dropped`. */
export interface WindowsData {
  side: number;
  kernel: number;
  stride: number;
  padding: number;
  dilation: number;
  output: number;
  dropped: number;
  transposed: boolean;
}

/** Scans of digits: `ink` is base64 of 64 values from 0 to 16 each. */
export interface MiniData {
  ink: string;
  labels: number[];
}

/** A small layer over an image of `side` pixels. */
export interface ConvolveLayer {
  kind: string;
  side: number;
  inputs: number;
  outputs: number;
  kernel: number;
  stride: number;
  padding: number;
  dilation: number;
  groups: number;
}

/** A layer that is followed sum by sum, its numbers laid out flat; pooling has no weights. */
export interface ConvolveData {
  layer: ConvolveLayer;
  image: number[];
  weights: number[] | null;
  pixels_of: string;
  pixels_changed: string;
  weights_of: string;
  weights_changed: string;
  pin: string;
  turn: number;
}

/** Pictures of `rows` and `columns`, base64 of three bytes a pixel, in an order. */
export interface TilesData {
  pixels: string;
  rows: number;
  columns: number;
  titles: string[];
  order: number[];
  picked: number;
  label: string;
}

/** A training, frame by frame: the name of its look, its errors and its curves; `kept` is its best frame. */
export interface FitRun {
  name: string;
  title: string;
  steps: number[];
  train: number[];
  val: number[];
  curves: number[][];
  stopped: boolean;
  kept: number;
}

/** Points, each as all x and all y, and the trainings that fit them. */
export interface FitData {
  train: [number[], number[]];
  val: [number[], number[]];
  truth: [number[], number[]];
  runs: FitRun[];
}

/** Two pictures over each other. */
export interface WipeData {
  pictures: [string, string];
  titles: [string, string];
}

/** A recurrent network over its steps, with the places that `matter`. */
export interface UnfoldedData {
  title: string;
  inputs: string[];
  matter: number[];
  said: string;
  wanted: string;
  loss: number | null;
  norms: (number | null)[];
}

/** Where a run that waits stands now, in words; told to those who watch it, and never stored. */
export interface InLine {
  event: "place";
  words: string;
}

/** The run waits, works or is over; `attempt` counts from 1, and is 0 where it is not that which tells it. */
export interface StateChanged {
  event: "state";
  state: "queued" | "running" | "stopping" | "done" | "failed" | "cancelled";
  message: string;
  attempt: number;
  resumed: boolean;
  gave_way: boolean;
}

/** Work other than steps: decoding images, running them through stages, validating, evaluating. */
export interface Progress {
  event: "progress";
  phase: string;
  done: number;
  total: number;
  images_per_second: number;
}

/** Something a person should know: what was changed, or why it ended early. */
export interface Notice {
  event: "notice";
  message: string;
}

/** The request to stop has taken effect; the best model so far is being finished. */
export interface Stopping {
  event: "stopping";
}

/** The run has begun, or goes on after so many epochs, of which the last may be a part. */
export interface Started {
  event: "started";
  backbone: string;
  strategy: string;
  device: string;
  precision: string;
  threads: number;
  classes: string[];
  train_images: number;
  val_images: number;
  test_images: number;
  epochs: number;
  resumed_from_epoch: number;
  resumed_after: number;
}

/** A first answer, while frozen stages still look: the best linear classifier on the images seen so far. */
export interface Answer {
  event: "answer";
  looked: number;
  images: number;
  train_correct: number;
  correct: number;
  seen: number;
  interval: [number, number];
  accuracy: number;
  train_accuracy: number;
}

/** The classifier, or the classifier and some stages, begin to learn. */
export interface PhaseStarted {
  event: "phase";
  phase: string;
  trainable_stages: string[];
  trainable_parameters: number;
  parameters: number;
  cached: boolean;
  learning_rates: Record<string, number>;
}

/** A training step; `epoch` counts from 1, `step` within the epoch from 1, `loss` is this batch's mean. */
export interface Step {
  event: "step";
  epoch: number;
  step: number;
  steps: number;
  loss: number;
  lr: number;
  images_per_second: number;
}

/** An epoch and its validation: exact counts, and losses that are means over images. */
export interface Epoch {
  event: "epoch";
  epoch: number;
  epochs: number;
  phase: string;
  train_loss: number;
  train_correct: number;
  train_seen: number;
  val_loss: number;
  val_correct: number;
  val_seen: number;
  lr: number;
  seconds: number;
  images_per_second: number;
  memory_bytes: number;
  best: boolean;
  wrong: Mistake[];
  val_balanced: number | null;
  train_accuracy: number;
  val_accuracy: number;
}

/** A validation image that the model gets wrong now, with what it says instead and how sure it is of that. */
export interface Mistake {
  blob: string;
  name: string;
  label: string;
  predicted: string;
  probability: number;
}

/** A backward pass `after` so many epochs, layer by layer; None where a number is not finite. */
export interface FlowSeen {
  event: "flow";
  after: number;
  loss: number | null;
  verdict: string;
  ratio: number | null;
  layers: LayerSeen[];
}

/** What a backward pass said of a layer, as `LayerFlow` holds it; None where it is not finite. */
export interface LayerSeen {
  name: string;
  depth: number;
  grad_norm: number | null;
  weight_grad_norm: number | null;
  activation_std: number | null;
  dead: number | null;
  weight_norm: number | null;
  update_ratio: number | null;
}

/** The training is over and its best model is kept. */
export interface Finished {
  event: "finished";
  stopped: boolean;
  accuracy: number;
  correct: number;
  seen: number;
  val_loss: number;
  best_epoch: number;
  epochs_done: number;
  seconds: number;
  seconds_by_phase: Record<string, number>;
  train_images: number;
  val_images: number;
  device: string;
  test_correct: number | null;
  test_seen: number | null;
  balance: Balance | null;
}

/** Balanced accuracy, beside what saying the same class always would reach. */
export interface Balance {
  accuracy: number;
  interval: [number, number];
  classes: number;
  uneven: boolean;
  largest: string;
  always: number;
  few: Record<string, number>;
}

/** One network's speed, as soon as it is known. */
export interface SpeedMeasured {
  event: "measured";
  speed: Speed;
}

/** Images a second of one network: the median over batches, and that of the slowest and of the fastest batch. */
export interface Speed {
  network: string;
  images_per_second: number;
  slowest: number;
  fastest: number;
  batches: number;
  input_shape: number[];
}

/** The speeds in the order in which they were asked for; fewer than asked for when it was stopped. */
export interface SpeedFinished {
  event: "speed_finished" | "finished";
  stopped: boolean;
  speeds: Speed[];
  batch_size: number;
  device: string;
  threads: number;
}

/** An epoch of one network: the shares of training images (as they were learned) and of held-out ones it got wrong. */
export interface Lap {
  event: "lap";
  network: string;
  epoch: number;
  epochs: number;
  train_error: number;
  val_error: number;
  train_loss: number;
  val_loss: number;
  seconds: number;
}

/** The last lap of every network, and how they were trained; fewer epochs than wanted when it was stopped. */
export interface RaceFinished {
  event: "race_finished" | "finished";
  stopped: boolean;
  laps: Lap[];
  epochs: number;
  seed: number;
  train_images: number;
  val_images: number;
  classes: number;
  seconds: number;
  device: string;
  threads: number;
}

/** What one lesion left, as soon as it is known. */
export interface TrialMeasured {
  event: "trial";
  trial: TrialRow;
}

/** What a lesion left: of the images that were `seen`, how many are right, with Wilson's 95 % interval. */
export interface TrialRow {
  group: "whole" | "each" | "drops" | "shuffles";
  amount: number;
  order: number | null;
  dropped: string[];
  swapped: [string, string][];
  correct: number;
  seen: number;
  accuracy: number;
  low: number;
  high: number;
}

/** What came back along paths of one length, as soon as it is known. */
export interface PathsMeasured {
  event: "paths";
  gradient: GradientRow;
}

/** The mean gradient along so many `paths` of one length, and its standard error; None where there is one path. */
export interface GradientRow {
  length: number;
  mean: number;
  error: number | null;
  paths: number;
}

/** All that was measured, in its order; less than was asked for when it was stopped. */
export interface LesionsFinished {
  event: "lesions_finished" | "finished";
  stopped: boolean;
  blocks: BlockRow[];
  trials: TrialRow[];
  paths: PathsRow;
  gradients: GradientRow[];
  path_images: number;
  classes: number;
  device: string;
  threads: number;
  seconds: number;
}

/** A block of a network, as `lesions.Block` describes it. */
export interface BlockRow {
  number: number;
  path: string;
  residual: boolean;
  shape: [number, number, number];
  layers: number;
  shortcut_layers: number;
  resizes: boolean;
  can_be_dropped: boolean;
}

/** How many paths a network has, `by_blocks` that they pass, and between which lengths the middle `share` lie. */
export interface PathsRow {
  blocks: number;
  paths: number;
  by_blocks: number[];
  depth: number;
  most_blocks: [number, number];
  most_layers: [number, number];
  share: number;
}

/** Losses at places that were not known before; `done` of `total` places are. */
export interface PointsMeasured {
  event: "points";
  points: ([number, number, number | null])[];
  done: number;
  total: number;
  images: number;
}

/** The grid, with all that is known of it when it was stopped. */
export interface SurfaceFinished {
  event: "surface_finished" | "finished";
  stopped: boolean;
  steps: number[];
  losses: ((number | null)[])[];
  done: number;
  images: number;
  parameters: number;
  device: string;
  threads: number;
  seconds: number;
}

/** The lesson has begun, for the first time or anew; `baselines` are bits per character on the text. */
export interface LessonStarted {
  event: "lesson_started" | "started";
  characters: number;
  held_out: number;
  parameters: number;
  steps: number;
  baselines: Baselines;
}

/** Bits per character of three predictors that need no network. */
export interface Baselines {
  characters: number;
  uniform: number;
  unigram: number;
  bigram: number;
}

/** Some steps of training; see `Learned`. */
export interface LessonLearned {
  event: "learned";
  step: number;
  bits: number;
  grad_norm: number;
  largest_norm: number;
  clipped: number;
  steps: number;
  characters_per_second: number;
}

/** The network on the held-out text, and something that it wrote; see `Tried`. */
export interface LessonTried {
  event: "tried";
  step: number;
  held_out: number;
  best: boolean;
  sample: string;
}

/** The lesson is over and its best network is kept; `steps` were done, fewer than asked for when it was stopped. */
export interface LessonFinished {
  event: "lesson_finished" | "finished";
  stopped: boolean;
  held_out: number;
  best_step: number;
  steps: number;
  seconds: number;
  device: string;
  threads: number;
  baselines: Baselines;
}

/** What stands beside the fields of an event: its number, its run, and when it was told. */
export interface Told {
  id: number;
  run: string;
  at: number;
}

/** What is told of a job of the kind `train`. */
export type TrainEvent = InLine | StateChanged | Progress | Notice | Stopping | Started | Answer | PhaseStarted | Step | Epoch | FlowSeen | Finished;

/** What is told of a job of the kind `speed`. */
export type SpeedEvent = InLine | StateChanged | Progress | Notice | Stopping | SpeedMeasured | SpeedFinished;

/** What is told of a job of the kind `degradation`. */
export type DegradationEvent = InLine | StateChanged | Progress | Notice | Stopping | Lap | RaceFinished;

/** What is told of a job of the kind `lesions`. */
export type LesionsEvent = InLine | StateChanged | Progress | Notice | Stopping | TrialMeasured | PathsMeasured | LesionsFinished;

/** What is told of a job of the kind `surface`. */
export type SurfaceEvent = InLine | StateChanged | Progress | Notice | Stopping | PointsMeasured | SurfaceFinished;

/** What is told of a job of the kind `language`. */
export type LanguageEvent = InLine | StateChanged | Progress | Notice | Stopping | LessonStarted | LessonLearned | LessonTried | LessonFinished;

/** What is told of a job of any kind. */
export type JobEvent = TrainEvent | SpeedEvent | DegradationEvent | LesionsEvent | SurfaceEvent | LanguageEvent;
