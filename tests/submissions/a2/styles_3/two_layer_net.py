"""Small functions, one for each arrow of the computational graph."""
import torch
from linear_classifier import sample_batch


def _affine(x, w, b):
    return torch.matmul(x, w) + b.unsqueeze(0)


def _affine_backward(dy, x, w):
    return torch.matmul(dy, w.transpose(0, 1)), torch.matmul(x.transpose(0, 1), dy), dy.sum(dim=0)


def _softmax_loss(scores, y):
    shifted = scores - scores.max(dim=1).values.reshape(-1, 1)
    p = torch.exp(shifted) / torch.exp(shifted).sum(dim=1).reshape(-1, 1)
    which = (torch.arange(len(y)), y)
    loss = (torch.log(torch.exp(shifted).sum(dim=1)) - shifted[which]).mean()
    p[which] = p[which] - 1
    return loss, p / len(y)


def nn_forward_pass(params, X):
    z = _affine(X, params['W1'], params['b1'])
    hidden = torch.where(z > 0, z, torch.zeros_like(z))
    return _affine(hidden, params['W2'], params['b2']), hidden


def nn_forward_backward(params, X, y=None, reg=0.0):
    scores, hidden = nn_forward_pass(params, X)
    if y is None:
        return scores
    loss, dscores = _softmax_loss(scores, y)
    grads = {}
    dhidden, grads['W2'], grads['b2'] = _affine_backward(dscores, hidden, params['W2'])
    _, grads['W1'], grads['b1'] = _affine_backward(dhidden * (hidden > 0), X, params['W1'])
    loss = loss + reg * torch.sum(params['W1'] ** 2) + reg * torch.sum(params['W2'] ** 2)
    grads['W1'] = grads['W1'] + 2 * reg * params['W1']
    grads['W2'] = grads['W2'] + 2 * reg * params['W2']
    return loss, grads


def nn_train(params, loss_func, pred_func, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95,
             reg=5e-6, num_iters=100, batch_size=200, verbose=False):
    every = max(len(X) // batch_size, 1)
    losses, train_accuracies, val_accuracies = [], [], []

    def accuracy(examples, labels):
        return torch.mean((pred_func(params, loss_func, examples) == labels).float()).item()

    for iteration in range(num_iters):
        rate = learning_rate * learning_rate_decay ** ((iteration + every - 1) // every)
        batch = sample_batch(X, y, len(X), batch_size)
        loss, grads = loss_func(params, batch[0], batch[1], reg=reg)
        losses.append(loss.item())
        for value, gradient in zip(params.values(), map(grads.get, params)):
            value.sub_(gradient, alpha=rate)
        if iteration % every == 0:
            train_accuracies.append(accuracy(*batch))
            val_accuracies.append(accuracy(X_val, y_val))
    return dict(loss_history=losses, train_acc_history=train_accuracies, val_acc_history=val_accuracies)


def nn_predict(params, loss_func, X):
    return loss_func(params, X).sort(dim=1, descending=True).indices[:, 0]


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, dtype=torch.float32, device='cuda', std=1e-4):
        made = dict(dtype=dtype, device=device)
        self.params = dict(W1=torch.randn(input_size, hidden_size, **made).mul(std),
                           b1=torch.zeros(hidden_size, **made),
                           W2=torch.randn(hidden_size, output_size, **made).mul(std),
                           b2=torch.zeros(output_size, **made))

    def loss(self, X, y=None, reg=0.0):
        return nn_forward_backward(self.params, X, y, reg)

    def train(self, *args, **kwargs):
        return nn_train(self.params, nn_forward_backward, nn_predict, *args, **kwargs)

    def predict(self, X):
        return nn_predict(self.params, nn_forward_backward, X)


def nn_get_search_params():
    return [0.2, 0.5, 1.0], [32, 64], [0.0], [0.95, 1.0]


def find_best_net(data_dict, get_param_set_fn):
    best = (None, None, 0.0)
    rates, sizes, regs, decays = get_param_set_fn()
    settings = [(a, b, c, d) for d in decays for c in regs for b in sizes for a in rates]
    for rate, size, reg, decay in settings:
        net = TwoLayerNet(input_size=data_dict['X_train'].shape[1], hidden_size=size, output_size=10,
                          dtype=data_dict['X_train'].dtype, device=data_dict['X_train'].device)
        stat = net.train(data_dict['X_train'], data_dict['y_train'], data_dict['X_val'], data_dict['y_val'],
                         learning_rate=rate, learning_rate_decay=decay, reg=reg, num_iters=200, batch_size=100)
        if stat['val_acc_history'][-1] > best[2]:
            best = (net, stat, stat['val_acc_history'][-1])
    return best
