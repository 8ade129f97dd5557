"""Einstein sums and one-hot rows; losses are plain floats."""
import torch


def _hot(y, classes, like):
    hot = like.new_zeros((y.numel(), classes))
    return hot.scatter_(1, y.reshape(-1, 1), 1)


def svm_loss_naive(W, X, y, reg):
    """Every example for itself; each of its margins for itself."""
    N, C = len(X), W.size(1)
    total, gradient = 0.0, 2 * reg * W
    n = 0
    while n < N:
        right = int(y[n])
        s = [float(torch.dot(W[:, c], X[n])) for c in range(C)]
        violated = [c for c in range(C) if c != right and s[c] > s[right] - 1]
        total += sum(s[c] - s[right] + 1 for c in violated)
        for c in violated:
            gradient[:, c].add_(X[n], alpha=1 / N)
        gradient[:, right].sub_(X[n], alpha=len(violated) / N)
        n += 1
    return total / N + reg * float(torch.einsum('dc,dc', W, W)), gradient


def svm_loss_vectorized(W, X, y, reg):
    N, C = X.size(0), W.size(1)
    S = torch.einsum('nd,dc->nc', X, W)
    Y = _hot(y, C, S)
    M = torch.clamp_min(S - torch.einsum('nc,nc->n', S, Y)[:, None] + 1, 0) * (1 - Y)
    V = torch.where(M > 0, 1.0, 0.0).to(S.dtype)
    G = V - torch.einsum('nc,n->nc', Y, V.sum(-1))
    return (M.sum() / N + reg * W.pow(2).sum()).item(), torch.einsum('nd,nc->dc', X, G) / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    N = X.size(0)
    total = 0.0
    gradient = torch.zeros_like(W)
    for x, label in zip(X, y.tolist()):
        s = x @ W
        logz = torch.logsumexp(s, 0)
        total += (logz - s[label]).item()
        p = (s - logz).exp_()
        p[label] -= 1
        gradient += torch.ger(x, p)
    return total / N + reg * W.pow(2).sum().item(), gradient.div_(N).add_(W, alpha=2 * reg)


def softmax_loss_vectorized(W, X, y, reg):
    N, C = X.size(0), W.size(1)
    S = torch.einsum('nd,dc->nc', X, W)
    Y = _hot(y, C, S)
    top = torch.amax(S, -1)[:, None]
    E = torch.exp(S - top)
    Z = E.sum(-1, keepdim=True)
    loss = torch.einsum('nc,nc->', Y, torch.log(Z) + top - S) / N
    dW = torch.einsum('nd,nc->dc', X, E / Z - Y) / N
    return float(loss) + reg * float((W ** 2).sum()), dW + 2 * reg * W


def sample_batch(X, y, num_train, batch_size):
    take = torch.randperm(num_train, device=y.device)[:batch_size]
    return X.index_select(0, take), y.index_select(0, take)


def train_linear_classifier(loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100,
                            batch_size=200, verbose=False):
    if W is None:
        W = torch.zeros(X.size(1), int(y.max().item()) + 1).to(X)
    history = []
    while len(history) < num_iters:
        Xb, yb = sample_batch(X, y, X.size(0), batch_size)
        value, slope = loss_func(W, Xb, yb, reg)
        history += [float(value)]
        W.sub_(learning_rate * slope)
    return W, history


def predict_linear_classifier(W, X):
    return torch.max(torch.einsum('nd,dc->nc', X, W), 1).indices


class LinearClassifier:
    loss_of = None

    def __init__(self):
        self.W = None

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        self.W, history = train_linear_classifier(self.loss, self.W, X, y, learning_rate, reg, num_iters,
                                                  batch_size, verbose)
        return history

    def loss(self, W, X, y, reg):
        return type(self).loss_of(W, X, y, reg)

    def predict(self, X):
        return predict_linear_classifier(self.W, X)


class LinearSVM(LinearClassifier):
    loss_of = staticmethod(svm_loss_vectorized)


class Softmax(LinearClassifier):
    loss_of = staticmethod(softmax_loss_vectorized)


def svm_get_search_params():
    return torch.tensor([0.01, 0.05]), (1e-3, 1e-2)


def softmax_get_search_params():
    return (0.1, 0.5), (1e-4,)


def test_one_param_set(cls, data_dict, lr, reg, num_iters=2000):
    Xt, yt, Xv, yv = data_dict['X_train'], data_dict['y_train'], data_dict['X_val'], data_dict['y_val']
    cls.train(X_train=Xt, y_train=yt, learning_rate=lr, reg=reg, num_iters=num_iters)
    return cls, torch.mean((cls.predict(Xt) == yt).double()), torch.mean((cls.predict(Xv) == yv).double())
