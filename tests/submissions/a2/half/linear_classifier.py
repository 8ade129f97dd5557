"""Half of it is right."""
import torch


def svm_loss_naive(W, X, y, reg):
    dW = torch.zeros_like(W)
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].matmul(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            margin = scores[j] - scores[y[i]] + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss = loss / num_train + reg * torch.sum(W * W)
    dW = dW / num_train + reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    scores = X.mm(W)
    margins = (scores - scores[torch.arange(N), y].reshape(-1, 1) + 1).clamp(min=0)
    margins[torch.arange(N), y] = 0
    loss = margins.sum() / N + reg * torch.sum(W * W)
    positive = (margins > 0).to(W.dtype)
    dW = X.t().mm(positive)
    dW[:, y] -= (X * positive.sum(dim=1).reshape(-1, 1)).t()
    return loss, dW / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = torch.zeros_like(W)
    for i in range(X.shape[0]):
        e = torch.exp(X[i].matmul(W))
        p = e / e.sum()
        loss += -torch.log(p[y[i]])
        for j in range(W.shape[1]):
            dW[:, j] += (p[j] - (j == y[i]).to(p.dtype)) * X[i]
    return loss / X.shape[0] + reg * torch.sum(W * W), dW / X.shape[0] + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    scores = X.mm(W)
    scores = scores - torch.max(scores)
    e = scores.exp()
    p = e / e.sum(dim=1, keepdim=True)
    loss = -torch.log(p[torch.arange(N), y]).mean() + reg * torch.sum(W * W)
    p[torch.arange(N), y] -= 1
    return loss, X.t().mm(p) / N + 2 * reg * W


def sample_batch(X, y, num_train, batch_size):
    idx = torch.randint(0, num_train - 1, (batch_size,))
    return X[idx], y[idx]


def train_linear_classifier(loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200,
                            verbose=False):
    if W is None:
        W = 1e-6 * torch.randn(X.shape[1], int(y.max()) + 1, dtype=X.dtype)
    loss_history = []
    for it in range(num_iters):
        idx = torch.randint(X.shape[0], (batch_size,))
        loss, dW = loss_func(W, X[idx], y[idx], reg)
        loss_history.append(loss.item())
        W = W - learning_rate * (dW + 2 * reg * W)
    return W, loss_history


def predict_linear_classifier(W, X):
    return X.mm(W).argmax(dim=1)


class LinearClassifier:
    def __init__(self):
        self.W = None

    def train(self, X_train, y_train, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        self.W, history = train_linear_classifier(self.loss, self.W, X_train, y_train, learning_rate, reg,
                                                  num_iters, batch_size, verbose)
        return history

    def predict(self, X):
        return predict_linear_classifier(self.W, X)


class LinearSVM(LinearClassifier):
    def loss(self, W, X, y, reg):
        return svm_loss_vectorized(W, X, y, reg)


class Softmax(LinearClassifier):
    def loss(self, W, X, y, reg):
        return softmax_loss_vectorized(W, X, y, reg)


def svm_get_search_params():
    return [1e-3, 3e-3, 1e-2, 3e-2, 1e-1], [1e-4, 1e-3, 1e-2, 1e-1, 1.0]


def softmax_get_search_params():
    return [1e-1, 1.0], [1e-4, 1e-3]


def test_one_param_set(cls, data_dict, lr, reg, num_iters=2000):
    cls.train(data_dict['X_train'], data_dict['y_train'], lr, reg, num_iters)
    train_acc = (cls.predict(data_dict['X_train']) == data_dict['y_train']).double().mean().item()
    val_acc = (cls.predict(data_dict['X_train']) == data_dict['y_train']).double().mean().item()
    return cls, train_acc, val_acc
