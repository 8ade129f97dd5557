"""Trains a model that computes its own gradients."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

Config = dict[str, Any]
UpdateRule = Callable[[Tensor, Tensor, Config], tuple[Tensor, Config]]


class Model(Protocol):
    """What Solver needs of a model.

    loss(X) returns scores (N, C). loss(X, y) returns the loss, a 0-d tensor, and the gradients:
    a dictionary with the keys of ``params``, each of the shape of its parameter.
    """

    params: dict[str, Tensor]

    def loss(self, X: Tensor, y: Tensor | None = None) -> Any: ...


class Solver:
    """Minibatch gradient descent on ``model.params``.

    data: ``X_train`` (N, ...), ``y_train`` (N,), ``X_val`` (M, ...), ``y_val`` (M,).
    update_rule(w, dw, config) returns the next w and the next config; every parameter starts with a copy of
    ``optim_config``, whose ``learning_rate`` is multiplied by ``lr_decay`` after each epoch.
    Accuracy is measured on ``num_train_samples`` and ``num_val_samples`` random examples (None: on all of them)
    after the first step, after each epoch, and when the time is over.
    Progress is printed every ``print_every`` iterations and every ``print_acc_every`` epochs where ``verbose``.
    With a ``checkpoint_name`` the state is saved as ``<name>_epoch_<n>.pt`` after each epoch.

    After train():
      loss_history                          the loss of every minibatch
      train_acc_history, val_acc_history    accuracies between 0 and 1
      best_val_acc, best_params             the best validation accuracy, and copies of the parameters that had it
      epoch, optim_configs                  where training stands; a config for each parameter
    """

    @staticmethod
    def sgd(w: Tensor, dw: Tensor, config: Config | None = None) -> tuple[Tensor, Config]:
        """One step of gradient descent. w, dw and the result: the same shape. config: ``learning_rate`` (1e-2)."""
        config = {} if config is None else config
        config.setdefault("learning_rate", 1e-2)
        return w - config["learning_rate"] * dw, config

    def __init__(
        self,
        model: Model,
        data: Mapping[str, Tensor],
        update_rule: UpdateRule = sgd,
        optim_config: Mapping[str, Any] | None = None,
        lr_decay: float = 1.0,
        batch_size: int = 100,
        num_epochs: int = 10,
        num_train_samples: int | None = 1000,
        num_val_samples: int | None = None,
        device: str | torch.device = "cpu",
        checkpoint_name: str | None = None,
        print_every: int = 10,
        print_acc_every: int = 1,
        verbose: bool = True,
    ) -> None:
        self.model = model
        self.X_train, self.y_train = data["X_train"], data["y_train"]
        self.X_val, self.y_val = data["X_val"], data["y_val"]
        self.update_rule = update_rule
        self.optim_config = dict(optim_config or {})
        self.lr_decay = lr_decay
        self.batch_size = batch_size
        self.num_epochs = num_epochs
        self.num_train_samples = num_train_samples
        self.num_val_samples = num_val_samples
        self.device = device
        self.checkpoint_name = checkpoint_name
        self.print_every = print_every
        self.print_acc_every = print_acc_every
        self.verbose = verbose
        self._reset()

    def _reset(self) -> None:
        """Forget what was learned about the run; the parameters of the model stay as they are."""
        self.epoch = 0
        self.best_val_acc = 0.0
        self.best_params: dict[str, Tensor] = {}
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.optim_configs: dict[str, Config] = {name: dict(self.optim_config) for name in self.model.params}

    def train(self, time_limit: float | None = None, return_best_params: bool = True) -> None:
        """Run all epochs, or stop after the first step that ends later than ``time_limit`` seconds.

        With ``return_best_params`` the model is left with the parameters of the best validation accuracy.
        """
        started = time.monotonic()
        steps_per_epoch = max(len(self.X_train) // self.batch_size, 1)
        num_steps = steps_per_epoch * self.num_epochs
        for step in range(1, num_steps + 1):
            self._step()
            if self.verbose and self.print_every and (step - 1) % self.print_every == 0:
                print(
                    f"({time.monotonic() - started:.2f} s) iteration {step} / {num_steps}: "
                    f"loss {self.loss_history[-1]:.6f}"
                )

            epoch_ends = step % steps_per_epoch == 0
            if epoch_ends:
                self._end_epoch()
            out_of_time = time_limit is not None and time.monotonic() - started > time_limit
            if step == 1 or epoch_ends or out_of_time:
                self._measure()
            if epoch_ends and self.checkpoint_name:
                self._save_checkpoint()
            if out_of_time:
                break

        if return_best_params and self.best_params:
            self.model.params = {name: value.clone() for name, value in self.best_params.items()}

    def _step(self) -> None:
        """One update of every parameter from a random minibatch."""
        chosen = torch.randperm(len(self.X_train))[: self.batch_size]
        X, y = self._take(self.X_train, chosen), self._take(self.y_train, chosen)
        loss, gradients = self.model.loss(X, y)
        self.loss_history.append(loss.item())
        with torch.no_grad():
            for name, w in list(self.model.params.items()):
                next_w, next_config = self.update_rule(w, gradients[name], self.optim_configs[name])
                self.model.params[name] = next_w
                self.optim_configs[name] = next_config

    def _end_epoch(self) -> None:
        self.epoch += 1
        for config in self.optim_configs.values():
            if "learning_rate" in config:
                config["learning_rate"] *= self.lr_decay

    def _measure(self) -> None:
        """Append both accuracies to the histories, and keep the parameters if they are the best so far."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, num_samples=self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, num_samples=self.num_val_samples)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        # Keep the first ones even at an accuracy of 0, and the latest ones where there is nothing to validate on (nan).
        if not self.best_params or val_acc > self.best_val_acc or math.isnan(val_acc):
            self.best_val_acc = val_acc
            self.best_params = {name: value.detach().clone() for name, value in self.model.params.items()}
        if self.verbose and self.print_acc_every and self.epoch % self.print_acc_every == 0:
            print(
                f"(epoch {self.epoch} / {self.num_epochs}) train accuracy: {train_acc:.4f}, "
                f"validation accuracy: {val_acc:.4f}"
            )

    def check_accuracy(self, X: Tensor, y: Tensor, num_samples: int | None = None, batch_size: int = 100) -> float:
        """Share of the examples whose highest score is at their label.

        X: (N, ...). y: (N,). num_samples: measure on that many random examples; None for all of them.
        """
        chosen = torch.arange(len(X))
        if num_samples is not None and num_samples < len(X):
            chosen = torch.randperm(len(X))[:num_samples]
        if len(chosen) == 0:
            return math.nan
        correct = 0
        for start in range(0, len(chosen), batch_size):
            batch = chosen[start : start + batch_size]
            with torch.no_grad():
                scores = self.model.loss(self._take(X, batch))
            correct += int((scores.argmax(dim=1) == self._take(y, batch)).sum())
        return correct / len(chosen)

    def _take(self, values: Tensor, indices: Tensor) -> Tensor:
        return values[indices.to(values.device)].to(self.device)

    def _save_checkpoint(self) -> None:
        state = {
            "params": self.model.params,
            "optim_configs": self.optim_configs,
            "epoch": self.epoch,
            "loss_history": self.loss_history,
            "train_acc_history": self.train_acc_history,
            "val_acc_history": self.val_acc_history,
        }
        torch.save(state, f"{self.checkpoint_name}_epoch_{self.epoch}.pt")
