"""A folder as the course of 2020 hands it out, filled in: its helpers, an import that is never used, prints."""
import random
import statistics
from abc import abstractmethod

import cv2
import eecs598
import torch
from a2_helpers import *
from google.colab import drive


def hello_linear_classifier():
    print('Hello from linear_classifier.py!')


class LinearClassifier(object):

    def __init__(self):
        random.seed(0)
        torch.manual_seed(0)
        self.W = None

    def train(self, X_train, y_train, learning_rate=1e-3, reg=1e-5, num_iters=100,
              batch_size=200, verbose=False):
        train_args = (self.loss, self.W, X_train, y_train, learning_rate, reg,
                      num_iters, batch_size, verbose)
        self.W, loss_history = train_linear_classifier(*train_args)
        return loss_history

    def predict(self, X):
        return predict_linear_classifier(self.W, X)

    @abstractmethod
    def loss(self, W, X_batch, y_batch, reg):
        raise NotImplementedError

    def save(self, path):
        torch.save({'W': self.W}, path)
        print("Saved in {}".format(path))


class LinearSVM(LinearClassifier):
    def loss(self, W, X_batch, y_batch, reg):
        return svm_loss_vectorized(W, X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    def loss(self, W, X_batch, y_batch, reg):
        return softmax_loss_vectorized(W, X_batch, y_batch, reg)


def svm_loss_naive(W, X, y, reg):
    dW = torch.zeros_like(W)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = W.t().mv(X[i])
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] += -X[i]
    loss /= num_train
    dW /= num_train
    loss += reg * torch.sum(W * W)
    dW += reg * 2 * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    loss = 0.0
    dW = torch.zeros_like(W)
    num_train = X.shape[0]
    scores = X.mm(W)
    correct = scores[range(num_train), y].view(-1, 1)
    margins = torch.max(scores - correct + 1, torch.zeros_like(scores))
    margins[range(num_train), y] = 0.
    loss = torch.sum(margins) / num_train + reg * torch.sum(W * W)
    margins[margins > 0] = 1
    margins[range(num_train), y] = -torch.sum(margins, dim=1)
    dW = X.t().mm(margins) / num_train + 2 * reg * W
    return loss, dW


def sample_batch(X, y, num_train, batch_size):
    indices = torch.randint(0, num_train, (batch_size,))
    y_batch = y[indices]
    X_batch = X[indices, :]
    return X_batch, y_batch


def train_linear_classifier(loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100,
                            batch_size=200, verbose=False):
    num_train, dim = X.shape
    if W is None:
        num_classes = torch.max(y) + 1
        W = 0.000001 * torch.randn(dim, num_classes, device=X.device, dtype=X.dtype)
    loss_history = []
    for it in range(num_iters):
        X_batch, y_batch = sample_batch(X, y, num_train, batch_size)
        loss, grad = loss_func(W, X_batch, y_batch, reg)
        loss_history.append(loss.item())
        W -= learning_rate * grad
        if verbose and it % 100 == 0:
            print('iteration %d / %d: loss %f' % (it, num_iters, loss))
    return W, loss_history


def predict_linear_classifier(W, X):
    y_pred = torch.zeros(X.shape[0], dtype=torch.int64)
    y_pred = torch.argmax(X.mm(W), dim=1)
    return y_pred


def svm_get_search_params():
    learning_rates = [1e-3, 5e-3, 1e-2, 3e-2]
    regularization_strengths = [1e-3, 1e-2, 1e-1]
    return learning_rates, regularization_strengths


def softmax_get_search_params():
    learning_rates = [1e-2, 5e-2, 1e-1]
    regularization_strengths = [1e-3, 1e-2]
    return learning_rates, regularization_strengths


def test_one_param_set(cls, data_dict, lr, reg, num_iters=2000):
    train_acc = 0.0
    val_acc = 0.0
    cls.train(data_dict['X_train'], data_dict['y_train'], lr, reg, num_iters, batch_size=200, verbose=False)
    y_train_pred = cls.predict(data_dict['X_train'])
    train_acc = 100.0 * (data_dict['y_train'] == y_train_pred).float().mean().item()
    y_val_pred = cls.predict(data_dict['X_val'])
    val_acc = 100.0 * (data_dict['y_val'] == y_val_pred).float().mean().item()
    return cls, train_acc, val_acc


def softmax_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = torch.zeros_like(W)
    num_train = X.shape[0]
    num_classes = W.shape[1]
    for i in range(num_train):
        scores = W.t().mv(X[i])
        scores -= torch.max(scores)
        sum_exp = 0.0
        for j in range(num_classes):
            sum_exp += torch.exp(scores[j])
        loss += -scores[y[i]] + torch.log(sum_exp)
        for j in range(num_classes):
            dW[:, j] += X[i] * torch.exp(scores[j]) / sum_exp
            if j == y[i]:
                dW[:, j] -= X[i]
    loss = loss / num_train + reg * torch.sum(W ** 2)
    dW = dW / num_train + 2 * reg * W
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.mm(W)
    scores -= torch.max(scores, dim=1, keepdim=True)[0]
    exp_scores = torch.exp(scores)
    sums = torch.sum(exp_scores, dim=1, keepdim=True)
    loss = torch.sum(torch.log(sums).view(-1) - scores[torch.arange(num_train), y]) / num_train
    probs = exp_scores / sums
    probs[torch.arange(num_train), y] -= 1.0
    loss += reg * torch.sum(W * W)
    dW = torch.mm(X.t(), probs) / num_train + 2 * reg * W
    return loss, dW
