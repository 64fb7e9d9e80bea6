"""The prediction network (section 4) and the synthesis network (section 5) of Graves (2013).

One class is both: without a window it predicts, with one it writes a given text. `step` moves it by one point: it is
what sampling loops over. A call runs over whole lines, for training: the same values, layer by layer (`unrolling`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from writemate_jax.model import lstm, mdn, unrolling, window
from writemate_jax.model.clipping import clip_derivative
from writemate_jax.model.window import Text, WindowState

POINT = 3  # (dx, dy, eos)


class Carry(NamedTuple):
    """What one point hands to the next.

    h, c: a [b, h] for each layer; window: `WindowState`, or None in a prediction network.
    """

    h: tuple[jax.Array, ...]
    c: tuple[jax.Array, ...]
    window: WindowState | None


class Network(nn.Module):
    """Stacked LSTMs with skip connections, a soft window and a mixture density head.

    Attributes:
      layers: number of LSTM layers.
      cells: cells of each layer.
      mixtures: M.
      window: whether the network reads a text.
      components: K, components of the window.
      alphabet_size: v, width of the one-hot characters; 0 for a prediction network.
      styles: how many style vectors are learned, the first that of a hand not known; 0 for none.
      style_size: s, the length of a style vector.
      peepholes: whether the LSTM's gates see its cell state.
      kappa_scale: factor of the window's step, see `window.step`.
      sigma_floor, rho_max: see `mdn.split`.
      lstm_clip, output_clip: bounds of the derivatives at the LSTM's gates and at the outputs; 0 for none.
      products: the type that the operands of the LSTM's products over whole lines are rounded to (`unrolling`).
    """

    layers: int
    cells: int
    mixtures: int
    window: bool
    components: int = 10
    alphabet_size: int = 0
    styles: int = 0
    style_size: int = 0
    peepholes: bool = True
    kappa_scale: float = 0.05
    sigma_floor: float = 0.0
    rho_max: float = 0.9999
    lstm_clip: float = 10.0
    output_clip: float = 100.0
    products: str = "float32"

    @classmethod
    def from_config(cls, model_config: Any, alphabet_size: int, writers: int = 0) -> Network:
        """Builds the network of a configuration's `model` section, with a style for each of so many writers."""
        return cls(
            alphabet_size=alphabet_size if model_config.window else 0,
            styles=1 + writers if model_config.style_size else 0,
            **model_config,
        )

    def setup(self):
        if self.window and self.alphabet_size < 1:
            raise ValueError("Network: a synthesis network needs an alphabet_size of at least 1")
        v = self.alphabet_size if self.window else 0
        self.lstm = [
            lstm.LSTMLayer(POINT + v + (self.cells if layer else 0), self.cells, self.peepholes)
            for layer in range(self.layers)
        ]
        if self.window:
            self.soft_window = window.Window(self.cells, self.components)
        if self.styles:
            self.style_table = self.param("styles", nn.initializers.normal(1.0), (self.styles, self.style_size))
            # Zero at first: the styles grow apart from one common hand, also that of weights trained without them.
            self.style_kernels = self.param(
                "style_kernels", nn.initializers.zeros, (self.layers, self.style_size, 4 * self.cells)
            )
        self.head = self.param(
            "head",
            nn.initializers.variance_scaling(1.0, "fan_in", "truncated_normal"),
            (self.layers * self.cells, mdn.width(self.mixtures)),
        )
        self.head_bias = self.param("head_bias", nn.initializers.zeros, (mdn.width(self.mixtures),))

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of all weights by their paths, as `setup` makes them; without tracing, which takes a second."""
        read, gates = POINT + (self.alphabet_size if self.window else 0), 4 * self.cells
        shapes = {
            "head": (self.layers * self.cells, mdn.width(self.mixtures)),
            "head_bias": (mdn.width(self.mixtures),),
        }
        for layer in range(self.layers):
            inputs = read + (self.cells if layer else 0)
            shapes |= {f"lstm_{layer}/kernel": (inputs + self.cells, gates), f"lstm_{layer}/bias": (gates,)}
            if self.peepholes:
                shapes[f"lstm_{layer}/peephole"] = (3, self.cells)
        if self.window:
            width = 3 * self.components
            shapes |= {"soft_window/kernel": (self.cells, width), "soft_window/bias": (width,)}
        if self.styles:
            shapes["styles"] = (self.styles, self.style_size)
            shapes["style_kernels"] = (self.layers, self.style_size, gates)
        return shapes

    # -- the hand -----------------------------------------------------------------------------------------------

    def style(self, ids: jax.Array) -> jax.Array:
        """The learned vectors [b, s] of hands [b]; 0 is a hand not known."""
        return self.style_table[ids]

    def style_gates(self, style: jax.Array) -> tuple[jax.Array, ...]:
        """What styles add to the gates of each layer at every step, [b, 4h] each.

        A style is a vector [s], or [s + layers * 4h]: then what stands behind the vector is added to the gates, too.
        """
        vectors, more = style[:, : self.style_size], style[:, self.style_size :]
        gates = [vectors @ kernel for kernel in self.style_kernels]
        if more.shape[1]:
            gates = [own + added for own, added in zip(gates, jnp.split(more, self.layers, axis=1), strict=True)]
        return tuple(gates)

    @property
    def longest_style(self) -> int:
        """The length of a style that also adds to the gates itself."""
        return self.style_size + self.layers * 4 * self.cells

    # -- one point ----------------------------------------------------------------------------------------------

    def weights(self) -> tuple[lstm.LSTMParams, ...]:
        """Of the layers, for many steps.

        They are parts of larger arrays, and XLA takes them out anew at every step of a loop that asks for them there:
        a copy of all weights, which costs more than the products of a few lines.
        """
        return tuple(layer() for layer in self.lstm)

    def initial_carry(self, batch: int, text_capacity: int = 0) -> Carry:
        """Zeros for `batch` lines; `text_capacity` is u1 of the texts (ignored without a window)."""
        zeros = tuple(jnp.zeros((batch, self.cells), jnp.float32) for _ in range(self.layers))
        if not self.window:
            return Carry(zeros, zeros, None)
        state = WindowState(
            kappa=jnp.zeros((batch, self.components), jnp.float32),
            w=jnp.zeros((batch, self.alphabet_size), jnp.float32),
            phi=jnp.zeros((batch, text_capacity), jnp.float32),
        )
        return Carry(zeros, zeros, state)

    def step(
        self,
        carry: Carry,
        x: jax.Array,
        text: Text | None = None,
        style_gates: tuple[jax.Array, ...] | None = None,
        weights: tuple[lstm.LSTMParams, ...] | None = None,
    ) -> tuple[Carry, jax.Array]:
        """Moves the network by one point.

        Args:
          carry: after the points before.
          x: [b, 3] the last point, offsets normalised.
          text: the lines' texts; None without a window.
          style_gates: of the lines' hands; None without styles.
          weights: `weights`, where steps are made in a loop.

        Returns:
          The new carry and the outputs y [b, 6m + 1] that describe the next point (`mixture`).
        """
        state = carry.window
        weights = self.weights() if weights is None else weights
        h, c = [], []
        below: tuple[jax.Array, ...] = ()
        for layer in range(self.layers):
            params = weights[layer]
            read = (state.w,) if self.window else ()  # w_{t-1} for layer 1, w_t for those above it
            inputs = jnp.concatenate((x, *read, *below), axis=-1)
            z = inputs @ params.input_kernel + carry.h[layer] @ params.recurrent_kernel + params.bias
            if style_gates is not None:
                z += style_gates[layer]
            h_t, c_t = lstm.step(z, carry.c[layer], params.peephole, self.lstm_clip)
            h.append(h_t)
            c.append(c_t)
            below = (h_t,)
            if self.window and layer == 0:
                kernel, bias = self.soft_window()
                state = jax.checkpoint(window.step, static_argnums=(4,))(
                    h_t @ kernel + bias, state.kappa, *self.characters(text), self.kappa_scale
                )
        return Carry(tuple(h), tuple(c), state), self._outputs(h)

    def characters(self, text: Text) -> tuple[jax.Array, jax.Array]:
        """What the window reads of texts: one-hot characters [b, u1, v], and the mask of phi [b, u1]."""
        return window.one_hot(text, self.alphabet_size), window.reachable(text)

    def mixture(self, y: jax.Array, mask: jax.Array | None = None) -> mdn.Mixture:
        """The distribution that outputs y [..., 6m + 1] stand for; with a mask [...], that of zeros where it is 0.

        Behind a line's end nothing keeps the outputs from what has no finite density, of which 0 times is no number.
        """
        y = y if mask is None else jnp.where(mask[..., None] > 0, y, 0.0)
        return mdn.split(y, sigma_floor=self.sigma_floor, rho_max=self.rho_max)

    def _outputs(self, h: list[jax.Array]) -> jax.Array:
        y = jnp.concatenate(h, axis=-1) @ self.head + self.head_bias
        return clip_derivative(y, self.output_clip)

    # -- whole lines --------------------------------------------------------------------------------------------

    def __call__(self, inputs: jax.Array, text: Text | None = None, hands: jax.Array | None = None) -> jax.Array:
        """What `step` gives at every point of whole lines, from the zero state.

        Args:
          inputs: [b, t, 3] points, offsets normalised.
          text: the lines' texts; None without a window.
          hands: [b], whose style each line has; None for hands not known.

        Returns:
          y [b, t, 6m + 1]; y[:, i] describes the point after inputs[:, i].
        """
        styles = self.style(jnp.zeros(inputs.shape[0], int) if hands is None else hands) if self.styles else None
        return self.unroll(inputs, text, styles)

    def unroll(self, inputs: jax.Array, text: Text | None = None, styles: jax.Array | None = None) -> jax.Array:
        """A call for lines in these styles [b, s] or longer (see `style_gates`), whether learned or not."""
        x = inputs.transpose(1, 2, 0)  # [t, 3, b]: lines are columns, see `unrolling`
        t, _, b = x.shape
        gates = [0.0] * self.layers if styles is None else [gate.T for gate in self.style_gates(styles)]
        start = self.initial_carry(b, text.codes.shape[-1] if self.window else 0)
        hidden, read = [], (x,)  # what a layer reads: the points, the window and the layer below it
        for layer in range(self.layers):
            params = self.lstm[layer]()
            if self.window and layer == 0:
                inputs_kernel, window_kernel = params.input_kernel[:POINT], params.input_kernel[POINT:]
                z = unrolling.product(x, inputs_kernel, self.products) + params.bias[:, None] + gates[layer]
                kernel, bias = self.soft_window()
                h, w = unrolling.hoisted_scan(
                    unrolling.WindowLayer(self.lstm_clip, self.products, self.kappa_scale),
                    {"z": jnp.concatenate((window_kernel, params.recurrent_kernel)), "window": kernel},
                    (start.h[0].T, start.c[0].T, start.window.kappa, start.window.w.T),
                    {"z": z, "window": jnp.broadcast_to(bias[:, None], (t, bias.shape[0], b))},
                    params.peephole[..., None],
                    self.characters(text),
                )
                read = (x, w)
            else:
                z = jnp.concatenate((*read, *hidden[-1:]), axis=1)
                z = unrolling.product(z, params.input_kernel, self.products) + params.bias[:, None] + gates[layer]
                h = unrolling.hoisted_scan(
                    unrolling.Layer(self.lstm_clip, self.products),
                    {"z": params.recurrent_kernel},
                    (start.h[layer].T, start.c[layer].T),
                    {"z": z},
                    params.peephole[..., None],
                    None,
                )
            hidden.append(h)
        return self._outputs([h.transpose(2, 0, 1) for h in hidden])


def without_text(params: dict, alphabet_size: int) -> dict:
    """The weights of the prediction network that a synthesis network is for want of a text (a window that reads zeros).

    Args:
      params: of a synthesis network.
      alphabet_size: v of that network, the width of what its layers read of the window.
    """

    def layer(weights: dict) -> dict:
        kernel = weights["kernel"]
        return {**weights, "kernel": jnp.concatenate((kernel[:POINT], kernel[POINT + alphabet_size :]))}

    return {
        name: layer(weights) if name.startswith("lstm_") else weights
        for name, weights in params.items()
        if name != "soft_window"
    }


def text_batch(codes: list[np.ndarray], capacity: int) -> Text:
    """Pads texts' codes to [len(codes), capacity].

    Raises:
      ValueError: a text has no room for the place one past its end.
    """
    longest = max(map(len, codes))
    if longest + 1 > capacity:
        raise ValueError(
            f"text_batch: a text of {longest} characters needs a capacity of {longest + 1}, not {capacity}"
        )
    padded = np.zeros((len(codes), capacity), np.int32)
    for row, text in zip(padded, codes, strict=True):
        row[: len(text)] = text
    return Text(padded, np.array([len(text) for text in codes], np.int32))
