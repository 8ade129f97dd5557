"""Names as in the autumn of 2019; operations in place on tensors of its own."""
import itertools

import torch
from linear_classifier import _hot, sample_batch


def nn_loss_part1(params, X):
    hidden = torch.addmm(params['b1'], X, params['W1']).relu_()
    return torch.addmm(params['b2'], hidden, params['W2']), hidden


def nn_loss_part2(params, X, y=None, reg=0.0):
    scores, hidden = nn_loss_part1(params, X)
    if y is None:
        return scores
    N, C = scores.shape
    Y = _hot(y, C, scores)
    logp = torch.log_softmax(scores, -1)
    loss = torch.einsum('nc,nc->', Y, logp).neg() / N
    loss += reg * params['W1'].pow(2).sum()
    loss += reg * params['W2'].pow(2).sum()

    delta = logp.exp_().sub_(Y).div_(N)
    grads = dict(b2=delta.sum(0), W2=torch.einsum('nh,nc->hc', hidden, delta))
    delta = torch.einsum('nc,hc->nh', delta, params['W2']).mul_(hidden.sign())
    grads.update(b1=delta.sum(0), W1=torch.einsum('nd,nh->dh', X, delta))
    grads['W1'].add_(params['W1'], alpha=2 * reg)
    grads['W2'].add_(params['W2'], alpha=2 * reg)
    return loss.item(), grads


def nn_train(params, loss_func, pred_func, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95,
             reg=5e-6, num_iters=100, batch_size=200, verbose=False):
    histories = {'loss_history': [], 'train_acc_history': [], 'val_acc_history': []}
    N = X.size(0)
    for it in range(num_iters):
        take = torch.randint(N, [batch_size])
        loss, grads = loss_func(params, X[take], y[take], reg)
        histories['loss_history'].append(float(loss))
        for key in list(params):
            params[key] = params[key] - learning_rate * grads[key]
        if it % max(1, N // batch_size) == 0:
            for which, (A, b) in {'train': (X[take], y[take]), 'val': (X_val, y_val)}.items():
                hits = (pred_func(params, loss_func, A) == b).sum().item()
                histories[which + '_acc_history'].append(hits / len(b))
            learning_rate = learning_rate * learning_rate_decay
    return histories


def nn_predict(params, loss_func, X):
    return nn_loss_part1(params, X)[0].max(1)[1]


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, dtype=torch.float32, device='cuda', std=1e-4):
        def normal(*shape):
            return torch.normal(0.0, std, shape, dtype=dtype, device=device)

        self.params = {
            'b2': torch.zeros(output_size, dtype=dtype, device=device),
            'b1': torch.zeros(hidden_size, dtype=dtype, device=device),
            'W2': normal(hidden_size, output_size),
            'W1': normal(input_size, hidden_size),
        }

    def train(self, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95, reg=5e-6, num_iters=100,
              batch_size=200, verbose=False):
        return nn_train(self.params, nn_loss_part2, nn_predict, X, y, X_val, y_val, learning_rate,
                        learning_rate_decay, reg, num_iters, batch_size, verbose)

    def predict(self, X):
        return nn_predict(self.params, nn_loss_part2, X)


def nn_get_search_params():
    return (0.1, 1.0), (20, 40), (0.0, 1e-4), (0.9,)


def find_best_net(data_dict, get_param_set_fn):
    Xt, yt, Xv, yv = [data_dict[key] for key in ('X_train', 'y_train', 'X_val', 'y_val')]
    results = []
    for setting in itertools.product(*get_param_set_fn()):
        lr, width, reg, decay = setting
        net = TwoLayerNet(Xt.size(1), width, yt.max().item() + 1, Xt.dtype, Xt.device)
        stat = net.train(Xt, yt, Xv, yv, lr, decay, reg)
        results.append((torch.eq(net.predict(Xv), yv).double().mean(), net, stat))
    best = max(results, key=lambda result: result[0])
    return best[1], best[2], best[0]
