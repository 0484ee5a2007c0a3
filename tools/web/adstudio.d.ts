// What the page's modules hand to each other. Positions are fractions of the picture unless a name ends in _px.

interface Rect { x0: number; y0: number; x1: number; y1: number }
interface Guides { x: number[]; y: number[] }

interface Block {
  role: string; text: string; box: Rect; align?: string; anchor?: string; color?: string | null; plate?: string;
  was?: string; z?: number; locked?: boolean;
}
interface Product {
  x: number; base_y: number; height: number; rotation?: number; order?: number; anchor?: string; locked?: boolean;
}
interface Mark { kind: string; box: Rect; content?: string; z?: number; locked?: boolean }
interface Plan {
  texts: Block[]; products: Product[]; marks: Mark[]; provider: string; picture?: string; channel?: string;
  size_px?: [number, number] | null; score?: unknown; reasons?: unknown; frames?: unknown;
}

type ItemKind = "text" | "product" | "mark";
interface Item { kind: ItemKind; index: number; z: number; key: string }

interface Scene { width: number; height: number; safe: Rect | null; aspects: number[] }
interface Channel { id: string; korean: string; english: string; safe: Rect }
interface Style {
  font: string; weight: number; min_px: number; fallback: string[]; hasPlates: boolean; plate?: string; shadow?: boolean; outline?: boolean;
  logo?: PictureFile | null;
}

interface SetBlock {
  size_px: number; weight: number; tracking: number; lines: { text: string; x_px: number; y_px: number; size_px: number; weight: number }[];
  ink: [number, number, number, number]; code: string; problem: string;
}
interface Warning { code: string; items: Item[]; ratio?: number; wanted?: number; detail?: string; problem?: RunError }

interface PictureFile { filename: string; subfolder?: string; type?: string; origin?: PictureFile }
interface RunAnswer {
  picture: PictureFile; digest: string; size_px: [number, number]; proposal: unknown; stale: string[];
  channel: Channel | null; products: { picture: PictureFile; aspect: number }[];
}

interface View {
  plan: Plan; scene: Scene; guides: Guides; warned: Set<string>; selected: string; editing: string; proof: string; font: string; hasPlates: boolean;
  picture: import("../../web/js/editor/picture.js").Picture | null; set: (SetBlock | null)[]; productUrls: string[];
  names: (which: Item) => string;
}
interface Grip {
  item: Item; handle: string; plan: Plan; rect: Rect; from: [number, number]; frame: DOMRect; id: number; hasMoved: boolean;
}

interface Badge { kind: string; value: string; model?: string; code?: string; figures?: Record<string, string | number>; error?: RunError }
interface RunError { code: string; message: string; hint: string; figures?: Record<string, string | number> }
interface RunStep {
  id: string; state: "waiting" | "running" | "done" | "cached" | "failed" | "cancelled"; begun: number; milliseconds: number;
  badges: Badge[]; error: RunError | null;
}

// The ad panel.
interface SavedSlot { name: string; type: string; link?: number | null; widget?: { name: string } }
interface SavedNode {
  id: number; type: string; pos: [number, number]; size: [number, number]; flags: object; order: number; mode: number;
  inputs: SavedSlot[]; outputs: { name: string; type: string; links: number[] | null }[]; properties: Record<string, unknown>;
  widgets_values?: unknown[]; widgets_values_named?: Record<string, unknown>;
}
type SavedLink = [id: number, from: number, output: number, to: number, input: number, type: string];
interface SavedWorkflow {
  last_node_id: number; last_link_id: number; nodes: SavedNode[]; links: SavedLink[]; extra?: Record<string, any>;
}
interface NodeSchema {
  input: Record<string, Record<string, [any, Record<string, any>?]> | undefined>;
  input_order?: Record<string, string[]>; output: string[]; output_name: string[];
}
type Prompt = Record<string, { class_type: string; inputs: Record<string, unknown> }>;

interface Photo { name: string; url: string; title: string }
interface Wishes {
  mode: "create" | "edit"; way: "strength" | "instruction"; engine: string; brief: string; instruction: string; keepsRest: boolean; industry: string; style: string; channels: string[]; aspect: string;
  photo: Photo | null; picture: Photo | null; words: "auto" | "own"; headline: string; sub: string; advertiser: string; strength: number;
  provider: string; languageModel: string; checkpoint: string; font: string;
}
interface JobStart { wishes: Wishes; channel: string; seed: number; at: number; prompt: Prompt; promptId?: string }
interface Ad { id: string; at: number; file: PictureFile; wishes: Wishes; channel: string; seed: number; notes?: Badge[]; words?: AdWords | null }
interface AdWords { headline: string; sub: string }
interface Lack { code: string; sentence: string; values: Record<string, string> }
interface Offers {
  industries: string[]; styles: string[]; channels: string[]; aspects: string[]; providers: string[]; checkpoints: string[];
  fonts: string[]; schemas: Record<string, NodeSchema>; engines: Engine[]; broken: Record<string, RunError>; locked: Record<string, LockedTemplate>; wordless: string[];
}
interface LockedTemplate { template: string; words: boolean }
interface EngineFile {
  place: string; state: "there" | "missing" | "damaged"; hub: string; path: string; gb: number; licence: string; commercial: boolean | null;
}
interface Engine {
  id: string; ready: boolean; workflows: { words: string; photo: string; composite: string }; commercial: boolean | null; steps: number;
  sizes: Record<string, [number, number]>; files: EngineFile[];
}
