"""Half of it is right."""
import torch
from linear_classifier import sample_batch


def nn_forward_pass(params, X):
    hidden = torch.relu(X.mm(params['W1']) + params['b1'])
    return hidden.mm(params['W2']) + params['b2'], hidden


def nn_forward_backward(params, X, y=None, reg=0.0):
    scores, hidden = nn_forward_pass(params, X)
    if y is None:
        return scores
    N = X.shape[0]
    scores = scores - scores.max(dim=1, keepdim=True).values
    p = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    log_p = scores - scores.exp().sum(dim=1, keepdim=True).log()
    loss = -log_p[torch.arange(N), y].mean()
    loss += reg * (torch.sum(params['W1'] ** 2) + torch.sum(params['W2'] ** 2))
    p[torch.arange(N), y] -= 1
    dhidden = p.mm(params['W2'].t())
    dhidden[hidden <= 0] = 0
    grads = {
        'W1': X.t().mm(dhidden) / N + 2 * reg * params['W1'],
        'b1': dhidden.sum(dim=0),
        'W2': hidden.t().mm(p) / N + 2 * reg * params['W2'],
        'b2': p.sum(dim=0),
    }
    return loss, grads


def nn_train(params, loss_func, pred_func, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95,
             reg=5e-6, num_iters=100, batch_size=200, verbose=False):
    iterations_per_epoch = max(X.shape[0] // batch_size, 1)
    loss_history, train_acc_history, val_acc_history = [], [], []
    for it in range(num_iters):
        idx = torch.randint(X.shape[0], (batch_size,))
        X_batch, y_batch = X[idx], y[idx]
        loss, grads = loss_func(params, X_batch, y=y_batch, reg=reg)
        loss_history.append(loss.item())
        params['W1'] -= learning_rate * grads['W1']
        params['W2'] -= learning_rate * grads['W2']
        if it % iterations_per_epoch == 0:
            train_acc_history.append((pred_func(params, loss_func, X_batch) == y_batch).double().mean().item())
            val_acc_history.append((pred_func(params, loss_func, X_val) == y_val).double().mean().item())
            learning_rate *= learning_rate_decay
    return {'loss_history': loss_history, 'train_acc_history': train_acc_history, 'val_acc_history': val_acc_history}


def nn_predict(params, loss_func, X):
    return loss_func(params, X).argmax(dim=1)


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, dtype=torch.float32, device='cuda', std=1e-4):
        self.params = {
            'W1': std * torch.randn(input_size, hidden_size, dtype=dtype, device=device),
            'b1': torch.zeros(hidden_size, dtype=dtype, device=device),
            'W2': std * torch.randn(hidden_size, output_size, dtype=dtype, device=device),
            'b2': torch.zeros(output_size, dtype=dtype, device=device),
        }

    def train(self, *args, **kwargs):
        return nn_train(self.params, nn_forward_backward, nn_predict, *args, **kwargs)

    def predict(self, X):
        return nn_predict(self.params, nn_forward_backward, X)


def nn_get_search_params():
    return [1.0], [32], [0.0], [0.95]


def find_best_net(data_dict, get_param_set_fn):
    best_net, best_stat, best_val_acc = None, None, 0.0
    learning_rates, hidden_sizes, regs, decays = get_param_set_fn()
    for lr in learning_rates:
        for hidden in hidden_sizes:
            for reg in regs:
                for decay in decays:
                    net = TwoLayerNet(data_dict['X_train'].shape[1], hidden, 10, data_dict['X_train'].dtype, 'cpu')
                    best_stat = net.train(data_dict['X_train'], data_dict['y_train'], data_dict['X_val'],
                                          data_dict['y_val'], learning_rate=lr, learning_rate_decay=decay, reg=reg)
                    val_acc = (net.predict(data_dict['X_val']) == data_dict['y_val']).double().mean().item()
                    if val_acc > best_val_acc:
                        best_net, best_val_acc = net, val_acc
    return best_net, best_stat, best_val_acc
