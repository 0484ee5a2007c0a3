// The part of ComfyUI's page that this pack uses. No top-level import here: it would close the wildcards below.

interface ComfyWidget {
  name: string;
  type?: string;
  value: unknown;
  label?: string;
  hidden?: boolean;
  serialize?: boolean;
  options: Record<string, any>;
  callback?: (value: unknown) => void;
  element?: HTMLElement;
}

interface ComfyNode {
  id: string | number;
  comfyClass?: string;
  title: string;
  size: [number, number];
  widgets?: ComfyWidget[];
  inputs?: { name: string; link: number | null }[];
  outputs?: { links: number[] | null }[];
  imgs?: HTMLImageElement[];
  badges?: (() => unknown)[];
  graph?: ComfyGraph | null;
  setSize(size: [number, number] | number[]): void;
  getInputNode?(slot: number): ComfyNode | null;
  addDOMWidget(name: string, type: string, element: HTMLElement, options: Record<string, any>): ComfyWidget;
}

interface ComfyGraph {
  id?: string;
  isRootGraph?: boolean;
  nodes: ComfyNode[];
  links?: Record<string, { target_id: string | number }>;
  getLink?(id: number): { target_id: string | number } | undefined;
  getNodeById?(id: string | number): ComfyNode | null;
  setDirtyCanvas?(front: boolean, back: boolean): void;
}

interface ComfyCanvas {
  graph?: ComfyGraph;
  processMouseWheel(event: Event): void;
  processMouseDown(event: Event): void;
  processMouseMove(event: Event): void;
  processMouseUp(event: Event): void;
  centerOnNode?(node: ComfyNode): void;
  setDirty?(front: boolean, back: boolean): void;
}

interface ComfyApi extends EventTarget {
  clientId?: string;
  apiURL(route: string): string;
  fetchApi(route: string, options?: RequestInit): Promise<Response>;
  addEventListener(type: string, listener: (event: any) => void): void;
}

interface ComfyApp {
  canvas: ComfyCanvas;
  graph?: ComfyGraph;
  nodeOutputs?: Record<string, any>;
  refreshComboInNodes?(): Promise<unknown>;
  loadGraphData?(graph: object, clean?: boolean, restoreView?: boolean, workflow?: string | null): Promise<unknown>;
  extensionManager?: {
    setting?: { get(id: string): unknown };
    command?: { execute(id: string): unknown };
    registerSidebarTab?(tab: Record<string, unknown>): void;
    toast?: { add(message: { severity: string; summary: string; detail?: string; life?: number; styleClass?: string }): void };
    workflow?: { activeWorkflow?: { changeTracker?: { captureCanvasState?(): void; checkState?(): void } } };
  };
  registerExtension(extension: {
    name: string;
    nodeCreated?(node: ComfyNode): void | Promise<void>;
    loadedGraphNode?(node: ComfyNode): void;
    afterConfigureGraph?(): void;
    setup?(): void | Promise<void>;
    commands?: { id: string; label: string; icon?: string; function(): void }[];
    menuCommands?: { path: string[]; commands: string[] }[];
    settings?: Record<string, unknown>[];
  }): void;
}

declare module "*/scripts/app.js" {
  export const app: ComfyApp;
}

declare module "*/scripts/api.js" {
  export const api: ComfyApi;
}

interface Window {
  LiteGraph?: { vueNodesMode?: boolean; registered_node_types?: Record<string, { title?: string } | undefined> };
  LGraphBadge?: new (options: { text: string; fgColor?: string; bgColor?: string }) => unknown;
}
