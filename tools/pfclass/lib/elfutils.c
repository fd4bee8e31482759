// SPDX-License-Identifier: GPL-2.0
/*
 * elfutils 0.192 (Debian 13) keeps its search trees in a library that its static
 * libdw.a and libelf.a do not contain (elfutils bug 32293, gone in 0.193), so
 * that nothing links statically with them. Only built where that is so.
 *
 * A tree begins with its root, behind it is a lock. This program has one thread
 * and leaves the lock alone.
 */
#include <search.h>
#include <stddef.h>

struct pfc_tree {
	void *root;
};

typedef int (*pfc_compare_t)(const void *, const void *);

void eu_search_tree_init(struct pfc_tree *tree);
void eu_search_tree_fini(struct pfc_tree *tree, void (*free_node)(void *));
void eu_tdestroy(struct pfc_tree *tree, void (*free_node)(void *));
void *eu_tsearch(const void *key, struct pfc_tree *tree, pfc_compare_t compare);
void *eu_tfind(const void *key, struct pfc_tree *tree, pfc_compare_t compare);
void *eu_tdelete(const void *key, struct pfc_tree *tree, pfc_compare_t compare);

/**
 * eu_search_tree_init() - begin an empty tree
 * @tree: the tree
 */
void eu_search_tree_init(struct pfc_tree *tree)
{
	tree->root = NULL;
}

/**
 * eu_tdestroy() - free a tree's nodes
 * @tree: the tree
 * @free_node: called for each
 */
void eu_tdestroy(struct pfc_tree *tree, void (*free_node)(void *))
{
	tdestroy(tree->root, free_node);
	tree->root = NULL;
}

/**
 * eu_search_tree_fini() - end a tree
 * @tree: the tree
 * @free_node: called for each node
 */
void eu_search_tree_fini(struct pfc_tree *tree, void (*free_node)(void *))
{
	eu_tdestroy(tree, free_node);
}

/**
 * eu_tsearch() - find a key, or insert it
 * @key: the key
 * @tree: the tree
 * @compare: the order
 *
 * Return: as tsearch().
 */
void *eu_tsearch(const void *key, struct pfc_tree *tree, pfc_compare_t compare)
{
	return tsearch(key, &tree->root, compare);
}

/**
 * eu_tfind() - find a key
 * @key: the key
 * @tree: the tree
 * @compare: the order
 *
 * Return: as tfind().
 */
void *eu_tfind(const void *key, struct pfc_tree *tree, pfc_compare_t compare)
{
	return tfind(key, &tree->root, compare);
}

/**
 * eu_tdelete() - delete a key
 * @key: the key
 * @tree: the tree
 * @compare: the order
 *
 * Return: as tdelete().
 */
void *eu_tdelete(const void *key, struct pfc_tree *tree, pfc_compare_t compare)
{
	return tdelete(key, &tree->root, compare);
}
