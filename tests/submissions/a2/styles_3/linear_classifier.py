"""In NumPy where it is done by hand; tensors in and out."""
import numpy as np
import torch


def _numpy(W, X):
    return W.detach().cpu().numpy(), X.detach().cpu().numpy()


def _tensors(loss, dW, like):
    return torch.as_tensor(loss, dtype=like.dtype), torch.from_numpy(np.ascontiguousarray(dW)).to(like)


def svm_loss_naive(W, X, y, reg):
    (w, x), labels = _numpy(W, X), y.numpy()
    dw = np.zeros_like(w)
    loss = 0.0
    for i in range(x.shape[0]):
        margins = np.maximum(0, x[i].dot(w) - x[i].dot(w[:, labels[i]]) + 1)
        margins[labels[i]] = 0
        loss += margins.sum()
        dw += np.outer(x[i], margins > 0)
        dw[:, labels[i]] -= np.count_nonzero(margins) * x[i]
    return _tensors(loss / x.shape[0] + reg * np.square(w).sum(), dw / x.shape[0] + 2 * reg * w, W)


def svm_loss_vectorized(W, X, y, reg):
    (w, x), labels = _numpy(W, X), y.numpy()
    every = np.arange(len(x))
    scores = x.dot(w)
    margins = scores - (scores[every, labels] - 1)[:, None]
    margins[every, labels] = 0
    violated = margins > 0
    steps = violated.astype(w.dtype)
    steps[every, labels] = -violated.sum(axis=1)
    loss = margins[violated].sum() / len(x) + reg * (w * w).sum()
    return _tensors(loss, x.T.dot(steps) / len(x) + 2 * reg * w, W)


def softmax_loss_naive(W, X, y, reg):
    (w, x), labels = _numpy(W, X), y.numpy()
    loss, dw = 0.0, np.zeros_like(w)
    for row, label in zip(x, labels):
        scores = row @ w
        scores = scores - scores[label]
        top = scores.max()
        log_sum = top + np.log(np.exp(scores - top).sum())
        loss += log_sum
        share = np.exp(scores - log_sum)
        share[label] -= 1
        dw += row[:, None] * share[None, :]
    return _tensors(loss / len(x) + reg * (w * w).sum(), dw / len(x) + 2 * reg * w, W)


def softmax_loss_vectorized(W, X, y, reg):
    (w, x), labels = _numpy(W, X), y.numpy()
    scores = x @ w
    right = np.take_along_axis(scores, labels[:, None], axis=1)
    top = scores.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(scores - top).sum(axis=1, keepdims=True)) + top
    share = np.exp(scores - log_sum)
    np.put_along_axis(share, labels[:, None], np.take_along_axis(share, labels[:, None], axis=1) - 1, axis=1)
    return _tensors((log_sum - right).mean() + reg * (w * w).sum(), x.T @ share / len(x) + 2 * reg * w, W)


def sample_batch(X, y, num_train, batch_size):
    chosen = np.random.choice(num_train, size=batch_size)
    return X[chosen], y[chosen]


def train_linear_classifier(loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200,
                            verbose=False):
    num_train = X.shape[0]
    if W is None:
        W = torch.from_numpy(np.random.randn(X.shape[1], int(y.max()) + 1) * 1e-3).to(X)
    loss_history = np.empty(num_iters)
    for step in range(num_iters):
        loss, dW = loss_func(W, *sample_batch(X, y, num_train, batch_size), reg)
        loss_history[step] = loss.item()
        W = torch.sub(W, dW, alpha=learning_rate)
    return W, list(loss_history)


def predict_linear_classifier(W, X):
    w, x = _numpy(W, X)
    return torch.from_numpy((x @ w).argmax(1))


class LinearClassifier:
    def __init__(self):
        self.W = None

    def train(self, X_train, y_train, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        self.W, history = train_linear_classifier(self.loss, self.W, X_train, y_train, learning_rate=learning_rate,
                                                  reg=reg, num_iters=num_iters, batch_size=batch_size)
        return history

    def predict(self, X):
        return predict_linear_classifier(self.W, X)


class LinearSVM(LinearClassifier):
    def loss(self, *args):
        return svm_loss_vectorized(*args)


class Softmax(LinearClassifier):
    def loss(self, *args):
        return softmax_loss_vectorized(*args)


def svm_get_search_params():
    return list(np.logspace(-3, -1, 4)), list(np.logspace(-4, -2, 3))


def softmax_get_search_params():
    return list(np.logspace(-2, 0, 4)), list(np.logspace(-5, -3, 3))


def test_one_param_set(cls, data_dict, lr, reg, num_iters=2000):
    cls.train(data_dict['X_train'], data_dict['y_train'], num_iters=num_iters, reg=reg, learning_rate=lr)
    accuracies = []
    for part in ('train', 'val'):
        predicted = cls.predict(data_dict['X_' + part]).numpy()
        accuracies.append(np.mean(predicted == data_dict['y_' + part].numpy()))
    return (cls, *accuracies)
